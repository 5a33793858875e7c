import Definitions
import Engine
import Kernels
import Testing

/// Convolution in Winograd's domain, and strided ones made fit for it, against the definition in double
/// precision, at every level of instructions that the processor has.
@Suite struct FastConvolutionTests {
  struct Case: Sendable, CustomStringConvertible {
    var input: Shape
    var convolution: Convolution
    var images = 3
    /// Whether all values are bfloat16 numbers.
    var isRounded = false

    var description: String {
      "\(images) × \(input) → \(convolution.filters.resolved)@\(convolution.kernel) stride "
        + "\(convolution.stride) padding \(convolution.padding) groups \(convolution.groups)"
    }

    var output: Shape {
      get throws {
        try NetworkDefinition(
          input: input,
          layers: [LayerDefinition(name: "layer", operations: [.convolution(convolution)])]
        ).shapes()[0][1]
      }
    }

    private func some(_ count: Int, seed: UInt64) -> [Float] {
      someValues(count, seed: seed).map { isRounded ? $0.truncatedToBFloat16 : $0 }
    }

    var values: [Float] { some(images * input.count, seed: 21) }
    var weights: [Float] {
      let inputs = input.channels / convolution.groups
      return some(
        convolution.filters.resolved * inputs * convolution.kernel * convolution.kernel, seed: 22)
    }
    var biases: [Float] { someValues(convolution.filters.resolved, seed: 23) }
    var upstream: [Float] {
      get throws { some(images * (try output.count), seed: 24) }
    }

    func trial(
      threads: Int = 2, isLearning: Bool = true, propagates: Bool = true,
      _ algorithm:
        @escaping (ConvolutionGeometry, ConvolutionUse) throws ->
        any ConvolutionAlgorithm
    ) throws -> LayerTrial {
      try LayerTrial(
        .convolution(convolution), input: input, values: values, parameters: [weights, biases],
        upstream: upstream, isLearning: isLearning, threads: threads, propagates: propagates,
        algorithm: algorithm)
    }
  }

  static func shape(_ channels: Int, _ height: Int, _ width: Int) -> Shape {
    Shape(channels: channels, height: height, width: width)
  }

  static let winogradCases = [
    // F(2, 3), F(4, 3) and F(5, 3); odd sizes, few channels, one image and many.
    Case(input: shape(5, 4, 4), convolution: Convolution(filters: 7, kernel: 3)),
    Case(input: shape(3, 8, 7), convolution: Convolution(filters: 32, kernel: 3, padding: 1)),
    Case(
      input: shape(17, 13, 13), convolution: Convolution(filters: 33, kernel: 3, padding: 1),
      images: 11),
    Case(
      input: shape(16, 5, 15), convolution: Convolution(filters: 16, kernel: 3, padding: 2),
      images: 1),
    // Groups whose channels do not fill blocks.
    Case(
      input: shape(12, 9, 6),
      convolution: Convolution(filters: 20, kernel: 3, padding: 1, groups: 2), images: 2),
    Case(
      input: shape(48, 6, 6),
      convolution: Convolution(filters: 96, kernel: 3, padding: 1, groups: 3), images: 19),
    // F(2, 5) and F(4, 5).
    Case(input: shape(4, 6, 6), convolution: Convolution(filters: 5, kernel: 5)),
    Case(
      input: shape(18, 11, 9),
      convolution: Convolution(filters: 40, kernel: 5, padding: 2, groups: 2), images: 5),
    // F(4, 2) and F(4, 4).
    Case(input: shape(6, 9, 10), convolution: Convolution(filters: 18, kernel: 2, padding: 1)),
    Case(input: shape(6, 9, 4), convolution: Convolution(filters: 18, kernel: 2), images: 5),
    Case(
      input: shape(20, 11, 9), convolution: Convolution(filters: 34, kernel: 4, padding: 2),
      images: 5),
    // An image in several groups of tiles.
    Case(
      input: shape(24, 40, 40), convolution: Convolution(filters: 40, kernel: 3, padding: 1),
      images: 1),
    // Gradients that all blocks share.
    Case(
      input: shape(160, 3, 3), convolution: Convolution(filters: 160, kernel: 3, padding: 1),
      images: 21),
  ]

  static let stridedCases =
    [
      Case(input: shape(3, 39, 35), convolution: Convolution(filters: 24, kernel: 11, stride: 4)),
      Case(
        input: shape(4, 14, 15),
        convolution: Convolution(filters: 9, kernel: 5, stride: 2, padding: 2)
      ),
      Case(
        input: shape(2, 17, 13),
        convolution: Convolution(filters: 3, kernel: 9, stride: 2, padding: 3)
      ),
      Case(
        input: shape(3, 31, 33),
        convolution: Convolution(filters: 20, kernel: 7, stride: 2, padding: 3)),
    ] + partCases

  /// Images that are read as they are: even and odd sizes, parts that begin with a panel of columns and that do not, parts
  /// with fewer taps than others.
  static let partCases = [
    Case(
      input: shape(16, 16, 16),
      convolution: Convolution(filters: 32, kernel: 3, stride: 2, padding: 1), images: 9),
    Case(
      input: shape(64, 15, 13),
      convolution: Convolution(filters: 72, kernel: 3, stride: 2, padding: 1)),
    Case(
      input: shape(48, 10, 18), convolution: Convolution(filters: 40, kernel: 4, stride: 2)),
    Case(
      input: shape(16, 24, 24),
      convolution: Convolution(filters: 9, kernel: 5, stride: 3, padding: 2)),
    Case(
      input: shape(32, 13, 18),
      convolution: Convolution(filters: 17, kernel: 7, stride: 2, padding: 3), images: 2),
    // Tiles of 4 and 3.
    Case(
      input: shape(64, 22, 21),
      convolution: Convolution(filters: 48, kernel: 3, stride: 2, padding: 1), images: 7),
    Case(
      input: shape(32, 28, 27),
      convolution: Convolution(filters: 40, kernel: 3, stride: 2, padding: 1)),
    Case(
      input: shape(16, 22, 28),
      convolution: Convolution(filters: 33, kernel: 4, stride: 2, padding: 1), images: 9),
    Case(
      input: shape(96, 22, 22),
      convolution: Convolution(filters: 160, kernel: 3, stride: 2, padding: 1), images: 21),
    // Gradients that all blocks share.
    Case(
      input: shape(96, 8, 8),
      convolution: Convolution(filters: 160, kernel: 3, stride: 2, padding: 1), images: 21),
  ]

  /// Windows of at most two strides: channels that fill blocks and that do not, several depths of sums, tiles of several images
  /// and of part of one.
  static let windowCases = [
    Case(
      input: shape(3, 13, 12),
      convolution: Convolution(filters: 10, kernel: 3, stride: 2, padding: 1), images: 5),
    Case(
      input: shape(16, 9, 10), convolution: Convolution(filters: 33, kernel: 2, stride: 2),
      images: 19),
    Case(
      input: shape(80, 6, 7),
      convolution: Convolution(filters: 40, kernel: 3, stride: 2, padding: 1), images: 9),
    Case(
      input: shape(5, 43, 40),
      convolution: Convolution(filters: 20, kernel: 5, stride: 3, padding: 2), images: 2),
    Case(
      input: shape(32, 4, 4),
      convolution: Convolution(filters: 16, kernel: 4, stride: 2, padding: 1), images: 21),
  ]

  static func windows(_ level: KernelLevel) -> (ConvolutionGeometry, ConvolutionUse) throws ->
    any ConvolutionAlgorithm
  {
    { geometry, use in
      var use = use
      use.level = level
      return try #require(StridedConvolution(geometry, use))
    }
  }

  @Test(arguments: windowCases, KernelLevel.supported)
  func packedWindowsMeetTheDefinition(shape: Case, level: KernelLevel) throws {
    let trial = try shape.trial(FastConvolutionTests.windows(level))
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 2e-6)
  }

  @Test(arguments: windowCases) func bitsOfWindowsDoNotDependOnThreadsOrLevel(shape: Case) throws {
    let first = try shape.trial(threads: 1, FastConvolutionTests.windows(.current))
    var others = [try shape.trial(threads: 3, FastConvolutionTests.windows(.current))]
    if KernelLevel.avx512.isSupported {
      others.append(try shape.trial(FastConvolutionTests.windows(.avx2)))
    }
    for trial in others {
      #expect(sameBits(trial.output, first.output))
      #expect(sameBits(trial.inputGradient, first.inputGradient))
      #expect(sameBits(trial.parameters[0], first.parameters[0]))
    }
    let frozen = try shape.trial(isLearning: false, FastConvolutionTests.windows(.current))
    #expect(sameBits(frozen.output, first.output))
    #expect(sameBits(frozen.inputGradient, first.inputGradient))
  }

  /// Greatest errors relative to the greatest value: sums of 30 to 1,500 products, and the growth of
  /// errors in tiles of 4 and 5.
  static func expectClose(_ trial: LayerTrial, _ shape: Case, tolerance: Double) throws {
    let expected = ConvolutionReference(
      shape.convolution, input: shape.input, output: try shape.output, values: shape.values,
      weights: shape.weights, biases: shape.biases, upstream: try shape.upstream)
    #expect(relativeError(trial.output, expected.output) < tolerance)
    #expect(relativeError(trial.inputGradient, expected.inputGradient) < tolerance)
    #expect(relativeError(trial.parameterGradients[0], expected.weightGradient) < tolerance)
    #expect(relativeError(trial.parameterGradients[1], expected.biasGradient) < tolerance)
  }

  static func winograd(_ level: KernelLevel) -> (ConvolutionGeometry, ConvolutionUse) throws ->
    any ConvolutionAlgorithm
  {
    { geometry, use in
      var use = use
      use.level = level
      return try #require(WinogradConvolution(geometry, use))
    }
  }

  @Test(arguments: winogradCases, KernelLevel.supported)
  func winogradMeetsTheDefinition(shape: Case, level: KernelLevel) throws {
    let trial = try shape.trial(FastConvolutionTests.winograd(level))
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 1e-5)
  }

  @Test(arguments: stridedCases, KernelLevel.supported)
  func spaceToDepthMeetsTheDefinition(shape: Case, level: KernelLevel) throws {
    let trial = try shape.trial(FastConvolutionTests.strided(level))
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 1e-5)
  }

  static func strided(_ level: KernelLevel) -> (ConvolutionGeometry, ConvolutionUse) throws ->
    any ConvolutionAlgorithm
  {
    { geometry, use in
      var use = use
      use.level = level
      return try #require(SpaceToDepthConvolution(geometry, use))
    }
  }

  @Test(arguments: partCases) func bitsOfPartsDoNotDependOnThreadsOrLevel(shape: Case) throws {
    let first = try shape.trial(threads: 1, FastConvolutionTests.strided(.current))
    var others = [try shape.trial(threads: 3, FastConvolutionTests.strided(.current))]
    if KernelLevel.avx512.isSupported {
      others.append(try shape.trial(FastConvolutionTests.strided(.avx2)))
    }
    for trial in others {
      #expect(sameBits(trial.output, first.output))
      #expect(sameBits(trial.inputGradient, first.inputGradient))
      #expect(sameBits(trial.parameters[0], first.parameters[0]))
    }
  }

  @Test(arguments: winogradCases + stridedCases) func loweredMeetsTheDefinition(shape: Case) throws
  {
    let trial = try shape.trial { try LoweredConvolution($0, $1) }
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 2e-6)
  }

  @Test(arguments: winogradCases) func bitsDoNotDependOnThreads(shape: Case) throws {
    let trials = try (1...3).map {
      try shape.trial(threads: $0, FastConvolutionTests.winograd(.current))
    }
    for trial in trials.dropFirst() {
      #expect(sameBits(trial.output, trials[0].output))
      #expect(sameBits(trial.inputGradient, trials[0].inputGradient))
      #expect(sameBits(trial.parameters[0], trials[0].parameters[0]))
      #expect(sameBits(trial.parameters[1], trials[0].parameters[1]))
    }
  }

  @Test(
    .enabled(
      if: KernelLevel.avx512.isSupported && KernelLevel.avx2.isSupported,
      "the processor has one level of fused multiply-adds at most"), arguments: winogradCases)
  func levelsWithFusedMultiplyAddGiveTheSameBits(shape: Case) throws {
    let wide = try shape.trial(FastConvolutionTests.winograd(.avx512))
    let narrow = try shape.trial(FastConvolutionTests.winograd(.avx2))
    #expect(sameBits(wide.output, narrow.output))
    #expect(sameBits(wide.inputGradient, narrow.inputGradient))
    #expect(sameBits(wide.parameters[0], narrow.parameters[0]))
  }

  /// Filters and inputs that are written past the caches, and domains that are fetched ahead.
  @Test(arguments: KernelLevel.supported) func largeFiltersMeetTheDefinition(level: KernelLevel)
    throws
  {
    let shape = Case(
      input: FastConvolutionTests.shape(256, 6, 7),
      convolution: Convolution(filters: 256, kernel: 3, padding: 1), images: 9)
    let trial = try shape.trial(FastConvolutionTests.winograd(level))
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 1e-5)
    guard level == .avx512 else { return }
    let narrow = try shape.trial(threads: 1, FastConvolutionTests.winograd(.avx2))
    #expect(sameBits(trial.output, narrow.output))
    #expect(sameBits(trial.inputGradient, narrow.inputGradient))
    #expect(sameBits(trial.parameters[0], narrow.parameters[0]))
  }

  /// What an image becomes may not depend on its neighbours, nor on their number.
  @Test(arguments: winogradCases) func outputsDoNotDependOnTheBatch(shape: Case) throws {
    let whole = try shape.trial(FastConvolutionTests.winograd(.current))
    var last = shape
    last.images = 1
    let count = shape.input.count
    let alone = try LayerTrial(
      .convolution(shape.convolution), input: shape.input,
      values: Array(shape.values.suffix(count)), parameters: [shape.weights, shape.biases],
      upstream: last.upstream, algorithm: FastConvolutionTests.winograd(.current))
    #expect(sameBits(alone.output, Array(whole.output.suffix(alone.output.count))))
  }

  @Test func gradientsThatAreNotWantedChangeNothing() throws {
    let shape = FastConvolutionTests.winogradCases[2]
    for algorithm in [
      FastConvolutionTests.winograd(.current), { try LoweredConvolution($0, $1) },
    ] {
      let all = try shape.trial(algorithm)
      let lowest = try shape.trial(propagates: false, algorithm)
      #expect(sameBits(lowest.output, all.output))
      #expect(sameBits(lowest.parameters[0], all.parameters[0]))
      #expect(lowest.inputGradient.allSatisfy { $0 == 0 })
      let frozen = try shape.trial(isLearning: false, algorithm)
      #expect(sameBits(frozen.inputGradient, all.inputGradient))
      #expect(sameBits(frozen.parameters[0], shape.weights))
    }
  }

  @Test func shapesThatAreNotServedAreRefused() throws {
    func geometry(_ convolution: Convolution) -> ConvolutionGeometry {
      let input = FastConvolutionTests.shape(4, 20, 20)
      let side = (20 + 2 * convolution.padding - convolution.kernel) / convolution.stride + 1
      return ConvolutionGeometry(
        convolution, input: input,
        output: FastConvolutionTests.shape(convolution.filters.resolved, side, side))
    }
    let use = ConvolutionUse(
      maximumBatch: 2, learns: true, propagates: true, scratch: Scratch(workers: 1))
    let pointwise = geometry(Convolution(filters: 8, kernel: 1))
    let strided = geometry(Convolution(filters: 8, kernel: 3, stride: 2))
    let grouped = geometry(Convolution(filters: 8, kernel: 5, stride: 2, groups: 2))
    #expect(WinogradConvolution(pointwise, use) == nil)
    #expect(WinogradConvolution(strided, use) == nil)
    #expect(SpaceToDepthConvolution(pointwise, use) == nil)
    #expect(SpaceToDepthConvolution(strided, use) == nil)
    #expect(SpaceToDepthConvolution(grouped, use) == nil)
    // Two tiles of 3 are a third empty.
    let waste = ConvolutionGeometry(
      Convolution(filters: 32, kernel: 3, stride: 2, padding: 1),
      input: FastConvolutionTests.shape(16, 10, 10), output: FastConvolutionTests.shape(32, 5, 5))
    #expect(SpaceToDepthConvolution(waste, use) == nil)
    #expect(try waste.makeAlgorithm(use) is StridedConvolution)
    #expect(StridedConvolution(pointwise, use) == nil)
    #expect(StridedConvolution(grouped, use) == nil)
    #expect(try grouped.makeAlgorithm(use) is LoweredConvolution)
    #expect(try pointwise.makeAlgorithm(use) is PointwiseConvolution)
  }
}
