import Basics
import Definitions
import Glibc
import Testing

/// The distributions of what steps draw, as torchvision's are: Kolmogorov and Smirnov's statistic.
@Suite struct AugmentationDrawsTests {
  private static let count = 20_000
  /// Exceeded with a probability of 10⁻⁴; the draws are always the same.
  private static let limit = 2.23

  private func draws(_ seed: UInt64) -> [StepDraws] {
    let stream = RandomStream(seed: seed)
    return (0..<AugmentationDrawsTests.count).map {
      StepDraws(stream: stream, position: UInt64($0))
    }
  }

  /// √n times the largest distance of the samples' distribution function from another.
  private func distance(_ samples: [Double], _ distribution: (Double) -> Double) -> Double {
    let count = Double(samples.count)
    let distances = samples.sorted().enumerated().map { index, sample in
      let expected = distribution(sample)
      return max(abs(Double(index) / count - expected), abs(Double(index + 1) / count - expected))
    }
    return count.squareRoot() * (distances.max() ?? .infinity)
  }

  private func expectUniform(
    _ samples: [Double], _ low: Double, _ high: Double, _ name: String = ""
  ) {
    let distance = distance(samples) { ($0 - low) / (high - low) }
    #expect(distance < AugmentationDrawsTests.limit, "\(name) \(distance)")
  }

  @Test func anglesAreUniform() {
    let step = Rotate(degrees: 30)
    expectUniform(draws(1).map(step.angle), -30, 30)
  }

  @Test func jitterDrawsFactorsAndOrders() {
    let step = ColorJitter(brightness: 0.4, contrast: 1.5, saturation: 0.25, hue: 0.1)
    var samples: [[Double]] = [[], [], [], []]
    var orders: [String: Int] = [:]
    for draws in draws(2) {
      var order = ""
      for change in step.changes(draws) {
        switch change {
        case .brightness(let factor): (samples[0].append(factor), order.append("b")).1
        case .contrast(let factor): (samples[1].append(factor), order.append("c")).1
        case .saturation(let factor): (samples[2].append(factor), order.append("s")).1
        case .hue(let shift): (samples[3].append(shift), order.append("h")).1
        }
      }
      orders[order, default: 0] += 1
    }
    expectUniform(samples[0], 0.6, 1.4, "brightness")
    expectUniform(samples[1], 0, 2.5, "contrast")
    expectUniform(samples[2], 0.75, 1.25, "saturation")
    expectUniform(samples[3], -0.1, 0.1, "hue")
    #expect(orders.count == 24)
    expectEven(Array(orders.values))
  }

  /// χ² of counts that are expected to be equal.
  private func expectEven(_ counts: [Int]) {
    let mean = Double(counts.reduce(0, +)) / Double(counts.count)
    let statistic = counts.reduce(0.0) { $0 + pow(Double($1) - mean, 2) / mean }
    // Wilson and Hilferty's approximation at 3.7 standard deviations.
    let freedom = Double(counts.count - 1)
    let spread = (2 / (9 * freedom)).squareRoot()
    #expect(statistic < freedom * pow(1 - 2 / (9 * freedom) + 3.7 * spread, 3))
  }

  @Test func greyImagesAreAsFrequentAsStated() {
    let count = draws(3).count { Grayscale(probability: 0.2).isApplied($0) }
    // 3.7 standard deviations of 57.
    #expect(abs(count - 4000) < 210)
    #expect(draws(3).allSatisfy { Grayscale(probability: 1).isApplied($0) })
  }

  @Test func cutoutsAreCentredAnywhere() {
    let input = Shape(channels: 3, height: 8, width: 5)
    let step = Cutout(size: 4)
    var counts = [Int](repeating: 0, count: 40)
    for draws in draws(4) {
      let square = step.square(of: input, draws)
      #expect(square.height == 4 && square.width == 4)
      counts[(square.top + 2) * 5 + square.left + 2] += 1
    }
    expectEven(counts)
  }

  @Test func randAugmentDrawsAllChangesEvenly() {
    let step = RandAugment(operations: 2)
    var counts = [Int](repeating: 0, count: 14 * 14 * 4)
    for draws in draws(5) {
      let changes = step.changes(draws)
      #expect(changes.count == 2)
      let signs = (changes[0].isNegative ? 2 : 0) + (changes[1].isNegative ? 1 : 0)
      counts[(changes[0].change.rawValue * 14 + changes[1].change.rawValue) * 4 + signs] += 1
    }
    expectEven(counts)
  }

  /// The rejection rule makes areas and ratios depend on each other, and regions have whole sides: torchvision's own
  /// regions are the reference.
  @Test(arguments: 0..<2) func regionsAreTorchvisions(index: Int) throws {
    let reference = try #require(TorchvisionCase.fixture["distributions"]?.asList?[index])
    func pair(_ key: String) throws -> ClosedRange<Double> {
      let numbers = try #require(reference[key]?.asList).compactMap(\.double)
      return numbers[0]...numbers[1]
    }
    let step = RandomResizedCrop(scale: try pair("scale"), ratio: try pair("ratio"))
    let height = try #require(reference["height"]?.asInteger)
    let width = try #require(reference["width"]?.asInteger)
    let regions = draws(6 + UInt64(index)).map { step.region(height: height, width: width, $0) }
    let samples: [String: [Double]] = [
      "area": regions.map { Double($0.height * $0.width) / Double(height * width) },
      "ratio": regions.map { Double($0.width) / Double($0.height) },
      "top": regions.map { Double($0.top) / Double(height) },
      "left": regions.map { Double($0.left) / Double(width) },
    ]
    let own = Double(regions.count)
    let others = Double(try #require(reference["draws"]?.asInteger))
    for (name, values) in samples {
      let points = try #require(reference["functions"]?[name]?.asList)
      #expect(points.count == 99)
      var largest = 0.0
      for point in points {
        // Points are rounded to six places, and so are values here.
        let limit = try #require(point.asList?[0].double) + 5e-7
        let share = Double(values.count { $0 <= limit }) / own
        largest = max(largest, abs(share - (try #require(point.asList?[1].double))))
      }
      let distance = largest * (own * others / (own + others)).squareRoot()
      #expect(distance < AugmentationDrawsTests.limit, "\(name) \(distance)")
    }
  }

  /// Where nothing is rejected, areas are uniform and ratios uniform by their logarithm.
  @Test func smallRegionsFollowTheStatedDistributions() {
    let step = RandomResizedCrop(scale: 0.05...0.25, ratio: 0.5...2)
    let regions = draws(8).map { step.region(height: 4000, width: 4000, $0) }
    expectUniform(regions.map { Double($0.height * $0.width) / 16e6 }, 0.05, 0.25, "area")
    expectUniform(
      regions.map { log(Double($0.width) / Double($0.height)) }, log(0.5), log(2), "ratio")
    expectUniform(
      regions.map { (Double($0.top) + 0.5) / Double(4001 - $0.height) }, 0, 1, "top")
    expectUniform(
      regions.map { (Double($0.left) + 0.5) / Double(4001 - $0.width) }, 0, 1, "left")
  }

  @Test func whatNeverFitsIsTheLargestPartInTheCentre() {
    let step = RandomResizedCrop(scale: 1...1, ratio: 3.0 / 4...4.0 / 3)
    let draws = StepDraws(stream: RandomStream(seed: 1), position: 0)
    #expect(
      step.region(height: 20, width: 200, draws)
        == PixelRectangle(top: 0, left: 86, height: 20, width: 27))
    #expect(
      step.region(height: 200, width: 20, draws)
        == PixelRectangle(top: 86, left: 0, height: 27, width: 20))
    #expect(
      step.region(height: 1, width: 1, draws)
        == PixelRectangle(top: 0, left: 0, height: 1, width: 1))
  }

  @Test(arguments: [0.1, 0.5, 1, 2, 8]) func sharesAreBeta(alpha: Double) {
    let samples = draws(9).map { Mixup(alpha: alpha).share($0) }
    #expect(samples.allSatisfy { 0...1 ~= $0 })
    let distance = distance(samples) { betaFunction($0, alpha) }
    #expect(distance < AugmentationDrawsTests.limit, "\(distance)")
  }

  /// The distribution function of Beta(α, α), by Simpson's rule.
  private func betaFunction(_ x: Double, _ alpha: Double) -> Double {
    guard x <= 0.5 else { return 1 - betaFunction(1 - x, alpha) }
    let scale = exp(lgamma(2 * alpha) - 2 * lgamma(alpha))
    guard alpha < 1 else {
      return scale * integral(to: x) { pow($0 * (1 - $0), alpha - 1) }
    }
    // With t = u^(1/α) the integrand t^(α−1) (1 − t)^(α−1) dt is finite at zero.
    return scale / alpha * integral(to: pow(x, alpha)) { pow(1 - pow($0, 1 / alpha), alpha - 1) }
  }

  private func integral(to end: Double, _ integrand: (Double) -> Double) -> Double {
    let steps = 64
    let width = end / Double(steps)
    var sum = integrand(0) + integrand(end)
    for step in 1..<steps { sum += (step % 2 == 1 ? 4 : 2) * integrand(Double(step) * width) }
    return sum * width / 3
  }

  /// Tiny α must not come out as NaN.
  @Test func sharesOfTinyAlphasAreEnds() {
    let samples = draws(10).prefix(1000).map { Mixup(alpha: 0.001).share($0) }
    #expect(samples.allSatisfy { 0...1 ~= $0 })
    #expect(samples.count { $0 < 0.001 || $0 > 0.999 } > 950)
    #expect((400...600).contains(samples.count { $0 > 0.5 }))
  }

  /// Draws depend on the stream, the step's keyword and the position.
  @Test func stepsDrawIndependently() {
    let epoch = RandomStream(seed: 1)
    let steps: [any AugmentationStep] = [
      Rotate(degrees: 5), ColorJitter(hue: 0.1), Grayscale(probability: 0.5), Cutout(size: 2),
      RandAugment(), RandomResizedCrop(), Mixup(), Cutmix(),
    ]
    #expect(Set(steps.map { $0.stream(of: epoch) }).union([epoch]).count == steps.count + 1)
    #expect(Mirror().stream(of: epoch) == epoch && RandomCrop().stream(of: epoch) == epoch)
  }
}
