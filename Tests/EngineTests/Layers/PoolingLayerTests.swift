import Basics
import Definitions
import Engine
import Testing

@Suite struct PoolingLayerTests {
  static let cases = [
    Pooling(kernel: 2, stride: 2), Pooling(kernel: 3, stride: 2),
    Pooling(kernel: 3, stride: 2, rounding: .down),
    Pooling(kernel: 3, stride: 2, padding: 1), Pooling(kernel: 2, stride: 3, padding: 1),
    Pooling(kernel: 3, stride: 1, padding: 1, rounding: .down),
  ]
  private let shape = Shape(channels: 3, height: 6, width: 5)

  /// Naive pooling: `pool` makes an output of the values in a window and of Caffe's area.
  private func twin(
    _ pooling: Pooling, _ pool: @escaping (_ values: [Double], _ area: Double) -> Double
  ) -> Twin {
    { [shape] x, _ in
      var result: [Double] = []
      for image in 0..<x.count / shape.count {
        for row in 0..<pooling.outputExtent(shape.height) {
          for column in 0..<pooling.outputExtent(shape.width) {
            let (top, left) = (
              row * pooling.stride - pooling.padding, column * pooling.stride - pooling.padding
            )
            let bottom = min(top + pooling.kernel, shape.height + pooling.padding)
            let right = min(left + pooling.kernel, shape.width + pooling.padding)
            for channel in 0..<shape.channels {
              var values: [Double] = []
              for y in max(top, 0)..<min(bottom, shape.height) {
                for z in max(left, 0)..<min(right, shape.width) {
                  let place = (image * shape.height + y) * shape.width + z
                  values.append(x[place * shape.channels + channel])
                }
              }
              result.append(pool(values, Double((bottom - top) * (right - left))))
            }
          }
        }
      }
      return result
    }
  }

  @Test(arguments: cases) func maximumMeetsNaiveTwinAndItsNumericalGradient(pooling: Pooling) throws
  {
    try checkLayer(
      .maxPool(pooling), input: shape, images: 2,
      twin: twin(pooling) { values, _ in values.max() ?? 0 })
  }

  @Test(arguments: cases) func averageMeetsNaiveTwinAndItsNumericalGradient(pooling: Pooling) throws
  {
    try checkLayer(
      .averagePool(pooling), input: shape, images: 2,
      twin: twin(pooling) { values, area in values.reduce(0, +) / area })
  }

  /// Caffe's rounding: five columns under windows of three with stride two, and six rows, whose last
  /// window reaches over the edge.
  @Test func roundingUpReachesOverTheEdge() throws {
    let values = (1...30).flatMap { (number: Int) -> [Float] in [Float(number), Float(-number), 0] }
    func output(_ rounding: Pooling.Rounding) throws -> [Float] {
      let pooling = Pooling(kernel: 3, stride: 2, rounding: rounding)
      let count = pooling.outputExtent(6) * pooling.outputExtent(5) * 3
      let trial = try LayerTrial(
        .maxPool(pooling), input: shape, values: values, parameters: [],
        upstream: Array(repeating: 0, count: count))
      return stride(from: 0, to: count, by: 3).map { trial.output[$0] }
    }
    #expect(try output(.down) == [13, 15, 23, 25])
    #expect(try output(.up) == [13, 15, 23, 25, 28, 30])
  }

  @Test func windowsTooLargeToRecordAreRefused() {
    let shape = Shape(channels: 1, height: 300, width: 300)
    #expect(throws: DiagnosticError.self) {
      try LayerTrial(
        .maxPool(Pooling(kernel: 256, stride: 256, rounding: .down)), input: shape,
        values: Array(repeating: 0, count: shape.count), parameters: [], upstream: [0])
    }
  }

  /// PyTorch's AdaptiveAvgPool2d cuts 5 into 0..<2, 1..<4 and 3..<5 for three parts.
  @Test func adaptivePoolingByHand() throws {
    let trial = try LayerTrial(
      .averagePool(size: 3), input: Shape(channels: 1, height: 5, width: 5),
      values: (0..<25).map { Float($0 % 5) }, parameters: [],
      upstream: Array(repeating: 6, count: 9))
    #expect(trial.output == [0.5, 2, 3.5, 0.5, 2, 3.5, 0.5, 2, 3.5])
    #expect(trial.inputGradient[0] == 1.5 && trial.inputGradient[1] == 2.5)
  }

  @Test func flattenPutsChannelsFirst() throws {
    let trial = try LayerTrial(
      .flatten, input: Shape(channels: 2, height: 1, width: 3), values: [1, 2, 3, 4, 5, 6],
      parameters: [], upstream: [1, 2, 3, 4, 5, 6])
    #expect(trial.output == [1, 3, 5, 2, 4, 6])
    #expect(trial.inputGradient == [1, 4, 2, 5, 3, 6])
  }
}
