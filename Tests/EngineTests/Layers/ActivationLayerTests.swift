import Basics
import Definitions
import Engine
import Glibc
import Testing

@Suite struct ActivationLayerTests {
  private let shape = Shape(channels: 3, height: 2, width: 3)

  @Test func rectifierMeetsNaiveTwinAndItsNumericalGradient() throws {
    try checkLayer(.relu, input: shape, images: 3) { x, _ in x.map { max($0, 0) } }
  }

  @Test func tanhMeetsNaiveTwinAndItsNumericalGradient() throws {
    try checkLayer(.tanh, input: shape, images: 3) { x, _ in x.map { tanh($0) } }
  }

  @Test func otherActivationsMeetTheirNaiveTwins() throws {
    try checkLayer(
      .relu6, input: shape, images: 3, values: someValues(54, seed: 4).map { 9 * $0 }
    ) { x, _ in x.map { min(max($0, 0), 6) } }
    try checkLayer(.leakyRelu(0.1), input: shape, images: 3) { x, _ in
      x.map { $0 < 0 ? Double(Float(0.1)) * $0 : $0 }
    }
    try checkLayer(.sigmoid, input: shape, images: 3) { x, _ in x.map { 1 / (1 + exp(-$0)) } }
    try checkLayer(.silu, input: shape, images: 3) { x, _ in x.map { $0 / (1 + exp(-$0)) } }
  }

  @Test func otherActivationsByHand() throws {
    func trial(_ operation: Definitions.Operation, _ values: [Float]) throws -> LayerTrial {
      try LayerTrial(
        operation, input: Shape(units: values.count), values: values, parameters: [],
        upstream: values.map { _ in 1 })
    }
    let clipped = try trial(.relu6, [-1, 3, 6, 7])
    #expect(clipped.output == [0, 3, 6, 6] && clipped.inputGradient == [0, 1, 0, 0])
    let leaky = try trial(.leakyRelu(0.5), [-4, 0, 2])
    #expect(leaky.output == [-2, 0, 2] && leaky.inputGradient == [0.5, 1, 1])
    let sigmoid = try trial(.sigmoid, [0, 200, -200])
    #expect(sigmoid.output[0] == 0.5 && sigmoid.output[1] == 1 && sigmoid.output[2] < 1e-37)
    #expect(sigmoid.inputGradient[0] == 0.25)
    #expect(try trial(.silu, [0, 100]).output == [0, 100])
    #expect(try trial(.silu, [.nan]).output[0].isNaN)
  }

  @Test func rectifierByHand() throws {
    let trial = try LayerTrial(
      .relu, input: Shape(units: 3), values: [-2, 0, 3], parameters: [], upstream: [1, 1, 1])
    #expect(trial.output == [0, 0, 3])
    #expect(trial.inputGradient == [0, 0, 1])
  }

  @Test func tanhByHand() throws {
    let trial = try LayerTrial(
      .tanh, input: Shape(units: 2), values: [0, 100], parameters: [], upstream: [2, 2])
    #expect(trial.output == [0, 1])
    #expect(trial.inputGradient == [2, 0])
  }
}

@Suite struct DropoutLayerTests {
  private let shape = Shape(units: 10)

  /// What a value is multiplied by, from the stream itself.
  private func factor(_ stream: RandomStream, image: Int, value: Int, iteration: Int) -> Double {
    let positions = (shape.count + 3) / 4
    let bits = stream.bits(
      at: UInt64(image * positions + value / 4), lane: UInt64(iteration))
    return Double(bits[value % 4]) * 0x1p-32 < 0.25 ? 0 : 1 / 0.75
  }

  @Test func dropsByItsStreamForwardAndBackward() throws {
    let stream = RandomStream(seed: 77)
    let operation = Operation.dropout(0.25)
    try checkLayer(
      operation, input: shape, images: 4,
      trial: { values, upstream in
        try LayerTrial(
          operation, input: shape, values: values, parameters: [], upstream: upstream,
          stream: stream, iteration: 6)
      },
      twin: { x, _ in
        x.enumerated().map { index, value in
          value * factor(stream, image: index / 10, value: index % 10, iteration: 6)
        }
      })
  }

  @Test func evaluationChangesNothing() throws {
    let values = someValues(20)
    let trial = try LayerTrial(
      .dropout(0.5), input: shape, values: values, parameters: [], upstream: values,
      mode: .evaluation)
    #expect(trial.output == values)
  }
}
