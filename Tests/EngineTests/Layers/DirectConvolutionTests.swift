import Definitions
import Engine
import Kernels
import Testing

/// Convolution of images with few channels against the definition in double precision, at every level of instructions that the
/// processor has.
@Suite struct DirectConvolutionTests {
  typealias Case = FastConvolutionTests.Case

  static func shape(_ channels: Int, _ height: Int, _ width: Int) -> Shape {
    Shape(channels: channels, height: height, width: width)
  }

  /// One channel and several; widths that fill tiles and that do not; filters of half a panel, and of one and a half; strides.
  static let cases = [
    Case(input: shape(3, 8, 8), convolution: Convolution(filters: 32, kernel: 3, padding: 1)),
    Case(
      input: shape(3, 9, 15), convolution: Convolution(filters: 16, kernel: 3, padding: 1),
      images: 19),
    Case(input: shape(1, 12, 7), convolution: Convolution(filters: 48, kernel: 5, padding: 2)),
    Case(input: shape(2, 6, 30), convolution: Convolution(filters: 80, kernel: 2), images: 1),
    Case(input: shape(4, 10, 11), convolution: Convolution(filters: 16, kernel: 4, padding: 3)),
    Case(
      input: shape(3, 17, 33),
      convolution: Convolution(filters: 32, kernel: 3, stride: 2, padding: 1)),
    Case(
      input: shape(4, 21, 16), convolution: Convolution(filters: 16, kernel: 5, stride: 3),
      images: 2
    ),
  ]

  static func direct(_ level: KernelLevel) -> (ConvolutionGeometry, ConvolutionUse) throws ->
    any ConvolutionAlgorithm
  {
    { geometry, use in
      var use = use
      use.level = level
      return try #require(DirectConvolution(geometry, use))
    }
  }

  @Test(arguments: cases, KernelLevel.supported)
  func meetsTheDefinition(shape: Case, level: KernelLevel) throws {
    let trial = try shape.trial(DirectConvolutionTests.direct(level))
    try FastConvolutionTests.expectClose(trial, shape, tolerance: 2e-6)
  }

  @Test(arguments: cases) func bitsDoNotDependOnThreadsLevelOrUse(shape: Case) throws {
    let direct = DirectConvolutionTests.direct
    let first = try shape.trial(threads: 1, direct(.current))
    var others = [try shape.trial(threads: 3, direct(.current))]
    if KernelLevel.avx512.isSupported { others.append(try shape.trial(direct(.avx2))) }
    for trial in others {
      #expect(sameBits(trial.output, first.output))
      #expect(sameBits(trial.inputGradient, first.inputGradient))
      #expect(sameBits(trial.parameters[0], first.parameters[0]))
      #expect(sameBits(trial.parameters[1], first.parameters[1]))
    }
    let frozen = try shape.trial(isLearning: false, direct(.current))
    #expect(sameBits(frozen.output, first.output))
    #expect(sameBits(frozen.inputGradient, first.inputGradient))
    let lowest = try shape.trial(propagates: false, direct(.current))
    #expect(sameBits(lowest.output, first.output))
    #expect(sameBits(lowest.parameters[0], first.parameters[0]))
    #expect(lowest.inputGradient.allSatisfy { $0 == 0 })
  }

  /// What is a border may not be taken from the image before, nor from a worker's earlier task.
  @Test func outputsDoNotDependOnTheBatch() throws {
    let shape = DirectConvolutionTests.cases[1]
    let whole = try shape.trial(DirectConvolutionTests.direct(.current))
    var last = shape
    last.images = 1
    let alone = try LayerTrial(
      .convolution(shape.convolution), input: shape.input,
      values: Array(shape.values.suffix(shape.input.count)),
      parameters: [shape.weights, shape.biases], upstream: last.upstream,
      algorithm: DirectConvolutionTests.direct(.current))
    #expect(sameBits(alone.output, Array(whole.output.suffix(alone.output.count))))
  }

  @Test func isChosenForImagesWithFewChannels() throws {
    let use = ConvolutionUse(
      maximumBatch: 2, learns: true, propagates: false, scratch: Scratch(workers: 1))
    func chosen(_ convolution: Convolution, channels: Int = 3) throws -> any ConvolutionAlgorithm {
      let side = (20 + 2 * convolution.padding - convolution.kernel) / convolution.stride + 1
      return try ConvolutionGeometry(
        convolution, input: DirectConvolutionTests.shape(channels, 20, 20),
        output: DirectConvolutionTests.shape(convolution.filters.resolved, side, side)
      ).makeAlgorithm(use)
    }
    #expect(try chosen(Convolution(filters: 16, kernel: 3)) is DirectConvolution)
    #expect(try chosen(Convolution(filters: 16, kernel: 5), channels: 4) is DirectConvolution)
    #expect(try chosen(Convolution(filters: 16, kernel: 3), channels: 5) is WinogradConvolution)
    #expect(try chosen(Convolution(filters: 20, kernel: 3)) is WinogradConvolution)
    #expect(try chosen(Convolution(filters: 16, kernel: 1)) is PointwiseConvolution)
    #expect(
      try chosen(Convolution(filters: 16, kernel: 7, stride: 2, padding: 3))
        is SpaceToDepthConvolution)
  }
}
