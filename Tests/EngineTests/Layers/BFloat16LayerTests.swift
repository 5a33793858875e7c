import Definitions
import Engine
import Kernels
import Testing

/// Layers that multiply bfloat16 numbers: of values that are such numbers, products are exact, so that they meet the
/// definition as closely as layers in single precision.
@Suite struct BFloat16LayerTests {
  static let shape = FastConvolutionTests.shape

  static let cases =
    (FastConvolutionTests.winogradCases.filter {
      $0.convolution.groups == 1 || $0.input.channels / $0.convolution.groups >= 8
    } + [
      // Single pixels, alone and from several panels and groups.
      Case(input: shape(5, 3, 4), convolution: Convolution(filters: 3, kernel: 1), images: 1),
      Case(input: shape(70, 7, 7), convolution: Convolution(filters: 100, kernel: 1), images: 9),
      Case(
        input: shape(16, 1, 9), convolution: Convolution(filters: 24, kernel: 1, groups: 2),
        images: 2),
      // An odd width with odd distances, an even one, and a kernel as large as the padded map.
      Case(input: shape(9, 6, 7), convolution: Convolution(filters: 11, kernel: 4, padding: 1)),
      Case(input: shape(3, 5, 5), convolution: Convolution(filters: 17, kernel: 7, padding: 1)),
      // Several rounds.
      Case(
        input: shape(64, 60, 60), convolution: Convolution(filters: 16, kernel: 3), images: 25),
    ]).map(rounded)

  /// By rearrangement: also windows of a single pixel, and such that leave pixels out.
  static let stridedCases =
    (FastConvolutionTests.stridedCases + FastConvolutionTests.windowCases + [
      Case(
        input: shape(20, 9, 10), convolution: Convolution(filters: 40, kernel: 1, stride: 2),
        images: 5),
      Case(
        input: shape(6, 11, 11), convolution: Convolution(filters: 8, kernel: 2, stride: 3),
        images: 2),
    ]).map(rounded)

  typealias Case = FastConvolutionTests.Case

  static func rounded(_ shape: Case) -> Case {
    var shape = shape
    shape.isRounded = true
    return shape
  }

  static func algorithm(
    _ geometry: ConvolutionGeometry, _ use: ConvolutionUse
  ) throws -> any ConvolutionAlgorithm {
    var use = use
    use.precision = .bfloat16
    let algorithm = try geometry.makeAlgorithm(use)
    #expect(algorithm is BFloat16Convolution || algorithm is SpaceToDepthConvolution)
    return algorithm
  }

  @Test(arguments: cases + stridedCases) func convolutionsMeetTheDefinition(shape: Case) throws {
    let trial = try shape.trial(BFloat16LayerTests.algorithm)
    // Sums of up to 84,000 products.
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 4e-6)
  }

  @Test(arguments: cases + stridedCases) func bitsDoNotDependOnThreads(shape: Case) throws {
    let trials = try [1, 3].map { try shape.trial(threads: $0, BFloat16LayerTests.algorithm) }
    #expect(sameBits(trials[1].output, trials[0].output))
    #expect(sameBits(trials[1].inputGradient, trials[0].inputGradient))
    #expect(sameBits(trials[1].parameters[0], trials[0].parameters[0]))
  }

  @Test(arguments: cases) func outputsDoNotDependOnTheBatch(shape: Case) throws {
    let whole = try shape.trial(BFloat16LayerTests.algorithm)
    var last = shape
    last.images = 1
    let alone = try LayerTrial(
      .convolution(shape.convolution), input: shape.input,
      values: Array(shape.values.suffix(shape.input.count)),
      parameters: [shape.weights, shape.biases], upstream: last.upstream,
      algorithm: BFloat16LayerTests.algorithm)
    #expect(sameBits(alone.output, Array(whole.output.suffix(alone.output.count))))
  }

  @Test func gradientsThatAreNotWantedChangeNothing() throws {
    for shape in [BFloat16LayerTests.cases[2], BFloat16LayerTests.stridedCases[0]] {
      let all = try shape.trial(BFloat16LayerTests.algorithm)
      let lowest = try shape.trial(propagates: false, BFloat16LayerTests.algorithm)
      #expect(sameBits(lowest.output, all.output))
      #expect(sameBits(lowest.parameters[0], all.parameters[0]))
      let frozen = try shape.trial(isLearning: false, BFloat16LayerTests.algorithm)
      #expect(sameBits(frozen.output, all.output))
      #expect(sameBits(frozen.inputGradient, all.inputGradient))
    }
  }

  /// Values that are no bfloat16 numbers are rounded to the nearest, an error of at most 2⁻⁸ of each, and the sums are not.
  @Test func operandsAreRounded() throws {
    let shape = FastConvolutionTests.winogradCases[1]
    let trial = try shape.trial(BFloat16LayerTests.algorithm)
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 8e-3)
    let exact = try shape.trial { try LoweredConvolution($0, $1) }
    #expect(relativeError(trial.output, exact.output.map(Double.init)) > 1e-5)
  }

  struct DenseCase: Sendable, CustomStringConvertible {
    var inputs, units, images: Int
    var description: String { "\(images) × \(inputs) → \(units)" }
  }

  static let denseCases = [
    DenseCase(inputs: 7, units: 5, images: 3), DenseCase(inputs: 64, units: 32, images: 32),
    DenseCase(inputs: 131, units: 70, images: 33), DenseCase(inputs: 2100, units: 300, images: 50),
    DenseCase(inputs: 1, units: 1, images: 1),
  ]

  static func trial(
    _ shape: DenseCase, _ precision: Precision, threads: Int = 2, isLearning: Bool = true,
    propagates: Bool = true
  ) throws -> LayerTrial {
    func some(_ count: Int, seed: UInt64) -> [Float] {
      someValues(count, seed: seed).map(\.truncatedToBFloat16)
    }
    return try LayerTrial(
      .dense(Dense(units: .count(shape.units))), input: Shape(units: shape.inputs),
      values: some(shape.images * shape.inputs, seed: 1),
      parameters: [
        some(shape.units * shape.inputs, seed: 2), someValues(shape.units, seed: 3),
      ], upstream: some(shape.images * shape.units, seed: 4), isLearning: isLearning,
      threads: threads, propagates: propagates, precision: precision)
  }

  @Test(arguments: denseCases) func denseLayersMeetThoseInSinglePrecision(shape: DenseCase) throws {
    let exact = try BFloat16LayerTests.trial(shape, .single)
    let trial = try BFloat16LayerTests.trial(shape, .bfloat16)
    func expectClose(_ found: [Float], _ expected: [Float]) {
      #expect(relativeError(found, expected.map(Double.init)) < 2e-6)
    }
    expectClose(trial.output, exact.output)
    expectClose(trial.inputGradient, exact.inputGradient)
    for parameter in 0..<2 {
      expectClose(trial.parameterGradients[parameter], exact.parameterGradients[parameter])
      expectClose(trial.parameters[parameter], exact.parameters[parameter])
    }
    let single = try BFloat16LayerTests.trial(shape, .bfloat16, threads: 1)
    #expect(sameBits(single.output, trial.output))
    #expect(sameBits(single.inputGradient, trial.inputGradient))
    #expect(sameBits(single.parameters[0], trial.parameters[0]))
  }

  @Test(arguments: denseCases) func denseGradientsThatAreNotWantedChangeNothing(
    shape: DenseCase
  ) throws {
    let all = try BFloat16LayerTests.trial(shape, .bfloat16)
    let lowest = try BFloat16LayerTests.trial(shape, .bfloat16, propagates: false)
    #expect(sameBits(lowest.output, all.output))
    #expect(sameBits(lowest.parameters[0], all.parameters[0]))
    let frozen = try BFloat16LayerTests.trial(shape, .bfloat16, isLearning: false)
    #expect(sameBits(frozen.inputGradient, all.inputGradient))
  }
}
