import Basics
import Reporting
import SystemPackage
import Testing

/// Estimates against those that Fixtures/statistics.py computed with NumPy and SciPy.
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

  @Test(arguments: [0, 1, 99] as [UInt64])
  func bootstrapIntervalsAreThoseOfAllResamples(seed: UInt64) throws {
    for sample in try cases("samples") {
      let values = try numbers(sample["values"])
      let estimate = try #require(Bootstrap(seed: seed).mean(of: values))
      let tolerance = try number(sample, "tolerance")
      #expect(abs(estimate.mean - (try number(sample, "mean"))) < 1e-12)
      #expect(abs(estimate.low - (try number(sample, "low"))) <= tolerance, "\(values.count)")
      #expect(abs(estimate.high - (try number(sample, "high"))) <= tolerance, "\(values.count)")
      #expect(estimate.method == .bootstrap)
      #expect(estimate.count == values.count && estimate.units == values.count)
    }
  }

  @Test func clustersAreDrawnWhole() throws {
    for entry in try cases("clusters") {
      let clusters = try #require(entry["clusters"]?.asList).map { try numbers($0) }
      let estimate = try #require(Bootstrap(seed: 0).mean(ofClusters: clusters))
      let tolerance = try number(entry, "tolerance")
      #expect(abs(estimate.mean - (try number(entry, "mean"))) < 1e-12)
      #expect(abs(estimate.low - (try number(entry, "low"))) <= tolerance)
      #expect(abs(estimate.high - (try number(entry, "high"))) <= tolerance)
      #expect(estimate.units == clusters.count)
      #expect(estimate.count == clusters.joined().count)
    }
  }

  @Test func aSeedGivesTheSameIntervalAgain() {
    let values = (0..<20).map { Double($0 * $0 % 7) }
    #expect(Bootstrap(seed: 3).mean(of: values) == Bootstrap(seed: 3).mean(of: values))
    #expect(Bootstrap(seed: 3).mean(of: values) != Bootstrap(seed: 4).mean(of: values))
  }

  @Test func fewObservationsHaveNoBootstrapInterval() {
    #expect(Bootstrap(seed: 0).mean(of: []) == nil)
    #expect(Bootstrap(seed: 0).mean(ofClusters: [[], []]) == nil)
    #expect(Bootstrap(seed: 0).mean(of: [0.5])?.hasInterval == false)
    let single = Bootstrap(seed: 0).mean(ofClusters: [[0.5, 0.7]])
    #expect(single?.hasInterval == false)
    #expect(single?.units == 1 && single?.count == 2)
  }

  @Test func equalObservationsHaveAnIntervalOfNoWidth() {
    let estimate = Bootstrap(seed: 0).mean(of: Array(repeating: 0.1, count: 7))
    #expect(estimate.map { $0.low <= $0.mean && $0.mean <= $0.high } == true)
    #expect(estimate.map { $0.high - $0.low < 1e-15 } == true)
  }

  @Test func theRangeOfTwoTellsNothing() {
    #expect(Bootstrap(seed: 0).mean(of: [0.1, 0.2])?.isAboveZero == false)
    #expect(Bootstrap(seed: 0).mean(of: [0.1, 0.2, 0.1])?.isAboveZero == true)
    #expect(Bootstrap(seed: 0).mean(of: [-0.1, -0.2, -0.1])?.isBelowZero == true)
    #expect(Bootstrap(seed: 0).mean(of: [-0.1, -0.2, 0.1])?.isBelowZero == false)
    let clusters = Bootstrap(seed: 0).mean(ofClusters: [[0.1, 0.1], [0.2, 0.2]])
    #expect(clusters?.isAboveZero == false)
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

  @Test func weightedSumsHaveTheNormalInterval() throws {
    for entry in try cases("weighted") {
      let terms = try #require(entry["terms"]?.asList).map { term in
        let numbers = try numbers(term)
        return (
          weight: numbers[0],
          measure: Measure(top1: numbers[1] / numbers[2], images: Int(numbers[2]))
        )
      }
      let estimate = Estimate(sum: terms)
      #expect(abs(estimate.low - (try number(entry, "low"))) < 1e-12)
      #expect(abs(estimate.high - (try number(entry, "high"))) < 1e-12)
    }
    #expect(Estimate(sum: [(1, Measure(top1: 0.5, images: nil))]).method == .none)
  }

  @Test func percentilesLieBetweenNeighbours() {
    #expect(percentile(0.5, of: [1, 2, 4]) == 2)
    #expect(percentile(0.75, of: [1, 2, 4]) == 3)
    #expect(percentile(0, of: [1, 2]) == 1 && percentile(1, of: [1, 2]) == 2)
    #expect(percentile(0.025, of: [7]) == 7)
  }
}
