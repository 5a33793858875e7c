import Definitions
import Engine
import Testing

@Suite struct ConvolutionLayerTests {
  struct Case: Sendable, CustomStringConvertible {
    var input = Shape(channels: 4, height: 5, width: 4)
    var convolution: Convolution
    var images = 3
    var outputTolerance = 2e-6

    var description: String {
      "\(input) → \(convolution.filters.resolved)@\(convolution.kernel) stride \(convolution.stride) "
        + "padding \(convolution.padding) groups \(convolution.groups)"
    }
  }

  static let cases = [
    Case(convolution: Convolution(filters: 3, kernel: 3)),
    Case(convolution: Convolution(filters: 3, kernel: 3, padding: 1)),
    Case(convolution: Convolution(filters: 6, kernel: 3, padding: 1, groups: 2)),
    Case(convolution: Convolution(filters: 4, kernel: 3, stride: 2, padding: 1, groups: 4)),
    Case(convolution: Convolution(filters: 5, kernel: 1)),
    Case(convolution: Convolution(filters: 4, kernel: 1, groups: 2)),
    Case(convolution: Convolution(filters: 2, kernel: 1, stride: 2)),
    Case(convolution: Convolution(filters: 2, kernel: 4, stride: 3, padding: 2)),
    Case(
      input: Shape(channels: 1, height: 3, width: 3),
      convolution: Convolution(filters: 2, kernel: 5, padding: 2), images: 18),
    // Several tiles of rows for one image, of 6 values each way, with larger errors.
    Case(
      input: Shape(channels: 1, height: 30, width: 12),
      convolution: Convolution(filters: 1, kernel: 3, padding: 1), images: 1,
      outputTolerance: 5e-6),
  ]

  /// Naive convolution: see `Twin`.
  static func twin(_ convolution: Convolution, _ input: Shape, hasBias: Bool = true) -> Twin {
    { x, parameters in
      let inputs = input.channels / convolution.groups
      let outputs = convolution.filters.resolved / convolution.groups
      let kernel = convolution.kernel
      let height = (input.height + 2 * convolution.padding - kernel) / convolution.stride + 1
      let width = (input.width + 2 * convolution.padding - kernel) / convolution.stride + 1
      var result: [Double] = []
      for image in 0..<x.count / input.count {
        for row in 0..<height {
          for column in 0..<width {
            for filter in 0..<convolution.filters.resolved {
              var sum = hasBias ? parameters[1][filter] : 0
              for channel in 0..<inputs {
                for i in 0..<kernel {
                  for j in 0..<kernel {
                    let y = row * convolution.stride - convolution.padding + i
                    let z = column * convolution.stride - convolution.padding + j
                    guard 0..<input.height ~= y, 0..<input.width ~= z else { continue }
                    let place = (image * input.height + y) * input.width + z
                    sum +=
                      parameters[0][((filter * inputs + channel) * kernel + i) * kernel + j]
                      * x[place * input.channels + filter / outputs * inputs + channel]
                  }
                }
              }
              result.append(sum)
            }
          }
        }
      }
      return result
    }
  }

  static func parameters(_ convolution: Convolution, _ input: Shape) -> [[Float]] {
    let inputs = input.channels / convolution.groups
    return [
      someValues(
        convolution.filters.resolved * inputs * convolution.kernel * convolution.kernel, seed: 5),
      someValues(convolution.filters.resolved, seed: 6),
    ]
  }

  /// Algorithms of their own: one pixel, or one channel, a filter.
  static let slimCases = [
    Case(
      input: Shape(channels: 5, height: 4, width: 3),
      convolution: Convolution(filters: 7, kernel: 1)),
    Case(
      input: Shape(channels: 4, height: 5, width: 5),
      convolution: Convolution(filters: 3, kernel: 1, stride: 2), images: 20),
    Case(
      input: Shape(channels: 2, height: 24, width: 24),
      convolution: Convolution(filters: 3, kernel: 1)),
    Case(
      input: Shape(channels: 3, height: 6, width: 5),
      convolution: Convolution(filters: 3, kernel: 3, padding: 1, groups: 3)),
    Case(
      input: Shape(channels: 20, height: 7, width: 6),
      convolution: Convolution(filters: 20, kernel: 3, stride: 2, padding: 1, groups: 20)),
    Case(
      input: Shape(channels: 70, height: 6, width: 6),
      convolution: Convolution(filters: 70, kernel: 5, padding: 2, groups: 70), images: 1),
    Case(
      input: Shape(channels: 2, height: 9, width: 9),
      convolution: Convolution(filters: 2, kernel: 9, padding: 4, groups: 2), images: 1),
  ]

  @Test(arguments: slimCases) func slimFiltersMeetTheirTwins(shape: Case) throws {
    try checkLayer(
      .convolution(shape.convolution), input: shape.input, images: shape.images,
      parameters: ConvolutionLayerTests.parameters(shape.convolution, shape.input),
      gradientTolerance: 2e-5, twin: ConvolutionLayerTests.twin(shape.convolution, shape.input))
  }

  @Test(arguments: cases) func meetsNaiveTwinAndItsNumericalGradient(shape: Case) throws {
    try checkLayer(
      .convolution(shape.convolution), input: shape.input, images: shape.images,
      parameters: ConvolutionLayerTests.parameters(shape.convolution, shape.input),
      outputTolerance: shape.outputTolerance,
      twin: ConvolutionLayerTests.twin(shape.convolution, shape.input))
  }

  @Test func worksWithoutBiases() throws {
    let input = Shape(channels: 2, height: 3, width: 3)
    let convolution = Convolution(
      filters: 2, kernel: 3, padding: 1, parameters: ParameterSettings(biases: nil))
    try checkLayer(
      .convolution(convolution), input: input, images: 2,
      parameters: [ConvolutionLayerTests.parameters(convolution, input)[0]],
      twin: ConvolutionLayerTests.twin(convolution, input, hasBias: false))
  }

  /// A 2×2 filter 1 2 / 3 4 over 1 2 3 / 4 5 6, bias 10: 1+4+12+20 and 2+6+15+24.
  @Test func filterByHand() throws {
    let trial = try LayerTrial(
      .convolution(Convolution(filters: 1, kernel: 2)),
      input: Shape(channels: 1, height: 2, width: 3), values: [1, 2, 3, 4, 5, 6],
      parameters: [[1, 2, 3, 4], [10]], upstream: [1, 0])
    #expect(relativeError(trial.output, [47, 57]) < 1e-6)
    #expect(relativeError(trial.inputGradient, [1, 2, 0, 3, 4, 0]) < 1e-6)
    #expect(relativeError(trial.parameterGradients[0], [1, 2, 4, 5]) < 1e-6)
    #expect(relativeError(trial.parameters[0], [0, 0, -1, -1]) < 1e-6)
    #expect(trial.parameterGradients[1] == [1])
    #expect(trial.parameters[1] == [9])
  }
}
