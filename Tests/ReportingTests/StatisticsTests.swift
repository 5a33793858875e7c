import Basics
import Reporting
import SystemPackage
import Testing

/// Estimates compared with those computed by Fixtures/statistics.py with NumPy and SciPy.
@Suite struct StatisticsTests {
  private static let fixture = Result {
    try Value(
      json: LocalFileSystem().read(
        FilePath(#filePath).removingLastComponent().appending("Fixtures/statistics.json")))
  }

  private func cases(_ key: String) throws -> [Value] {
    try #require(StatisticsTests.fixture.get()[key]?.asList)
  }

  private func number(_ value: Value, _ key: String) throws -> Double {
    try #require(value[key]?.double)
  }

  private func numbers(_ value: Value?) throws -> [Double] {
    try #require(value?.asList).map { try #require($0.double) }
  }

  @Test func intervalsOfMeansAreStudents() throws {
    for sample in try cases("samples") {
      let units = try #require(sample["units"]?.asList).map { unit in
        try numbers(unit).map { Observation($0) }
      }
      let estimate = try #require(Estimate(ofUnits: units))
      #expect(abs(estimate.mean - (try number(sample, "mean"))) < 1e-12)
      #expect(abs(estimate.low - (try number(sample, "low"))) < 1e-10, "\(units.count)")
      #expect(abs(estimate.high - (try number(sample, "high"))) < 1e-10, "\(units.count)")
      #expect(abs(estimate.degrees - (try number(sample, "degrees"))) < 1e-9)
      #expect(estimate.method == .student)
      #expect(estimate.count == units.joined().count && estimate.units == units.count)
      let chance = try #require(estimate.chance(.either))
      #expect(abs(chance - (try number(sample, "chance"))) < 1e-10)
      #expect(abs((estimate.chance(.above) ?? 0) + (estimate.chance(.below) ?? 0) - 1) < 1e-12)
    }
  }

  /// Of pairs, each a sum of one number of each network, the interval is Student's of twice these numbers.
  @Test func pairsThatShareNetworksHaveTheJackknifesInterval() throws {
    let numbers = [0.25, 1.5, -0.75, 2.0]
    var pairs: [PairedValue<Int>] = []
    for first in numbers.indices {
      for second in numbers.indices where first < second {
        pairs.append(
          PairedValue(units: [first, second], value: numbers[first] + numbers[second]))
      }
    }
    let estimate = try #require(Estimate(ofPairs: pairs))
    let expected = try #require(Estimate(ofUnits: numbers.map { [Observation(2 * $0)] }))
    #expect(abs(estimate.mean - expected.mean) < 1e-12)
    #expect(abs(estimate.low - expected.low) < 1e-12)
    #expect(abs(estimate.high - expected.high) < 1e-12)
    #expect(estimate.count == 6 && estimate.units == 4 && estimate.degrees == 3)
  }

  @Test func pairsWithoutCommonNetworksAreIndependent() throws {
    let values = [0.5, 0.75, 1.5]
    let expected = Estimate(ofUnits: values.map { [Observation($0)] })
    let disjoint = values.enumerated().map {
      PairedValue(units: [2 * $0.offset, 2 * $0.offset + 1], value: $0.element)
    }
    #expect(Estimate(ofPairs: disjoint) == expected)
    // All are compared with one network, which is given.
    let common = values.enumerated().map {
      PairedValue(units: [-1, $0.offset], value: $0.element)
    }
    #expect(Estimate(ofPairs: common) == expected)
  }

  @Test func fewPairsHaveNoInterval() throws {
    #expect(Estimate(ofPairs: [PairedValue<Int>]()) == nil)
    let one = try #require(Estimate(ofPairs: [PairedValue(units: [0, 1], value: 0.5)]))
    #expect(one.mean == 0.5 && one.method == .none)
    // The same pair twice, as under two names.
    let same = [PairedValue(units: [0, 1], value: 0.5), PairedValue(units: [0, 1], value: 0.5)]
    #expect(try #require(Estimate(ofPairs: same)).method == .none)
    // Without network 1, nothing is left.
    let star = [
      PairedValue(units: [0, 1], value: 0.5), PairedValue(units: [1, 2], value: 0.75),
      PairedValue(units: [0, 3], value: 0.25),
    ]
    #expect(try #require(Estimate(ofPairs: star)).method == .student)
  }

  @Test func tailsAndQuantilesAreSciPys() throws {
    for entry in try cases("student") {
      let distribution = StudentDistribution(
        degrees: try number(entry, "degrees"))
      let t = try number(entry, "t"), tail = try number(entry, "tail")
      #expect(abs(distribution.upperTail(t) / tail - 1) < 1e-9, "\(entry)")
      #expect(abs(distribution.upperTail(-t) - (1 - tail)) < 1e-11, "\(entry)")
      #expect(abs(distribution.quantile(upperTail: tail) - t) < 1e-8 * max(t, 1), "\(entry)")
      // 1 − tail has lost the digits of smaller ones.
      guard tail > 1e-4 else { continue }
      #expect(abs(distribution.quantile(upperTail: 1 - tail) + t) < 1e-6 * max(t, 1), "\(entry)")
    }
    #expect(StudentDistribution(degrees: 3).quantile(upperTail: 0) == .infinity)
    #expect(StudentDistribution(degrees: 3).quantile(upperTail: 1) == -.infinity)
    #expect(StudentDistribution(degrees: 0).degrees == 1)
  }

  @Test func powerIsThatOfTheNoncentralDistribution() throws {
    for entry in try cases("power") {
      let distribution = StudentDistribution(
        degrees: try number(entry, "degrees"))
      let level = try number(entry, "level")
      let power = distribution.power(
        critical: distribution.quantile(upperTail: level),
        noncentrality: try number(entry, "noncentrality"))
      #expect(abs(power - (try number(entry, "power"))) < 1e-6, "\(entry)")
      let needed = try number(entry, "needed")
      #expect(abs(distribution.noncentrality(level: level) / needed - 1) < 1e-5, "\(entry)")
    }
  }

  @Test func aSingleUnitHasNoInterval() {
    #expect(Estimate(ofUnits: []) == nil)
    #expect(Estimate(ofUnits: [[], []]) == nil)
    let single = Estimate(ofUnits: [[Observation(0.5), Observation(0.7)]])
    #expect(single?.method == Estimate.Method.none)
    #expect(single?.units == 1 && single?.count == 2 && single?.mean == 0.6)
    #expect(single?.chance(.either) == nil && single?.detectable(level: 0.025) == nil)
    #expect(single?.isAboveZero == false)
  }

  @Test func equalCountsOfImagesAreNotEqualAccuracies() throws {
    let exact = try #require(Estimate(ofUnits: [[Observation(0.02)], [Observation(0.02)]]))
    #expect(exact.low == exact.high && exact.isAboveZero && exact.chance(.above) == 0)
    // One image of 50 more, twice: rounding alone leaves ±5 points.
    let rounded = Observation(0.02, rounding: 2 / (12 * 50.0 * 50))
    let estimate = try #require(Estimate(ofUnits: [[rounded], [rounded]]))
    #expect(!estimate.isAboveZero)
    #expect(abs(estimate.high - 0.02 - 12.7062 * 0.02 / 12.0.squareRoot()) < 1e-6)
  }

  @Test func aSingleRunIsNeverAClearDifference() {
    let single = Estimate(
      accuracy: Measure(top1: 0.9, images: 1000), minus: Measure(top1: 0.5, images: 1000))
    #expect(single.method == .binomial && single.exceedsSampling)
    #expect(!single.isAboveZero && !single.negated.isBelowZero && single.chance(.above) == nil)
  }

  @Test func moreUnitsNarrowTheInterval() throws {
    let two = try #require(Estimate(ofUnits: [[Observation(0.01)], [Observation(0.03)]]))
    #expect(abs(two.halfWidth(units: 2) - (two.high - two.mean)) < 1e-12)
    // s = √2 points: ±12.7 · 1 with two, ±2.776 · √2/√5 with five.
    #expect(abs(two.halfWidth(units: 5) - 0.0277645 * (2.0 / 5).squareRoot()) < 1e-6)
    #expect(abs(two.negated.low + two.high) < 1e-12)
  }

  @Test func wilsonIntervalsAreSciPys() throws {
    for entry in try cases("wilson") {
      let images = try #require(entry["images"]?.asInteger)
      let accuracy = try number(entry, "correct") / Double(images)
      let estimate = Estimate(accuracy: accuracy, images: images)
      #expect(abs(estimate.low - (try number(entry, "low"))) < 1e-12)
      #expect(abs(estimate.high - (try number(entry, "high"))) < 1e-12)
      #expect(estimate.method == .binomial && estimate.count == 1)
    }
    #expect(Estimate(accuracy: 0.5, images: nil).method == .none)
  }

  @Test func differencesOfSingleRunsHaveNewcombesInterval() throws {
    func measure(_ counts: Value?) throws -> Measure {
      let counts = try #require(counts?.asList).compactMap(\.asInteger)
      return Measure(top1: Double(counts[0]) / Double(counts[1]), images: counts[1])
    }
    for entry in try cases("newcombe") {
      let estimate = Estimate(
        accuracy: try measure(entry["first"]), minus: try measure(entry["second"]))
      #expect(abs(estimate.low - (try number(entry, "low"))) < 1e-12)
      #expect(abs(estimate.high - (try number(entry, "high"))) < 1e-12)
    }
    let unknown = Measure(top1: 0.5, images: nil)
    #expect(Estimate(accuracy: unknown, minus: unknown).method == .none)
  }
}
