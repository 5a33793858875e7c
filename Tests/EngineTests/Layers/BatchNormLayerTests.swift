import Definitions
import Engine
import Testing

@Suite struct BatchNormLayerTests {
  private let shape = Shape(channels: 3, height: 2, width: 2)
  private let parameters: [[Float]] = [
    [1.5, -0.5, 2], [0.1, 0.2, 0.3], [0.3, -0.2, 0.1], [0.5, 2, 1],
  ]

  /// Naive batch norm by the batch's own statistics: see `Twin`.
  private func twin(epsilon: Double, channels: Int) -> Twin {
    { x, parameters in
      let rows = x.count / channels
      var y = x
      for channel in 0..<channels {
        let own = (0..<rows).map { x[$0 * channels + channel] }
        let mean = own.reduce(0, +) / Double(rows)
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
        for row in 0..<rows {
          let normal = (own[row] - mean) / (variance + epsilon).squareRoot()
          y[row * channels + channel] = parameters[0][channel] * normal + parameters[1][channel]
        }
      }
      return y
    }
  }

  @Test(arguments: [Shape(channels: 3, height: 2, width: 2), Shape(units: 3)])
  func meetsNaiveTwinAndItsNumericalGradient(shape: Shape) throws {
    try checkLayer(
      .batchNorm(BatchNorm(epsilon: 0.01)), input: shape, images: 5, parameters: parameters,
      gradientTolerance: 2e-5, twin: twin(epsilon: 0.01, channels: 3))
  }

  /// A frozen batch norm is an affine map by its running statistics, and does not change them.
  @Test func frozenLayerUsesAndKeepsRunningStatistics() throws {
    let epsilon = 0.01
    let operation = Operation.batchNorm(BatchNorm(epsilon: epsilon))
    var result: LayerTrial?
    try checkLayer(
      operation, input: shape, images: 2, parameters: parameters,
      trial: { values, upstream in
        let trial = try LayerTrial(
          operation, input: shape, values: values, parameters: parameters, upstream: upstream,
          isLearning: false)
        result = trial
        return trial
      },
      twin: { x, p in
        x.indices.map { index in
          let channel = index % 3
          return p[0][channel] * (x[index] - p[2][channel])
            / (p[3][channel] + epsilon).squareRoot() + p[1][channel]
        }
      })
    #expect(result?.parameters == parameters)
    #expect(result?.parameterGradients.allSatisfy(\.isEmpty) == true)
  }

  /// Frozen with the batch's statistics, it computes what a learning one does, and changes nothing of itself.
  @Test func frozenLayerMayNormaliseByTheBatch() throws {
    var result: LayerTrial?
    try checkLayer(
      .batchNorm(BatchNorm(epsilon: 0.01)), input: shape, images: 5, parameters: parameters,
      gradientTolerance: 2e-5,
      trial: { values, upstream in
        let trial = try LayerTrial(
          .batchNorm(BatchNorm(epsilon: 0.01)), input: shape, values: values,
          parameters: parameters, upstream: upstream, isLearning: false, normalizesByBatch: true)
        result = trial
        return trial
      }, twin: twin(epsilon: 0.01, channels: 3))
    #expect(result?.parameters == parameters)
    #expect(result?.parameterGradients.allSatisfy(\.isEmpty) == true)
  }

  @Test func evaluationUsesRunningStatisticsOfALearningLayer() throws {
    let values = someValues(2 * shape.count)
    let upstream = someValues(2 * shape.count, seed: 2)
    func output(isLearning: Bool) throws -> [Float] {
      try LayerTrial(
        .batchNorm(BatchNorm()), input: shape, values: values, parameters: parameters,
        upstream: upstream, isLearning: isLearning, mode: .evaluation
      ).output
    }
    #expect(try output(isLearning: true) == output(isLearning: false))
  }

  /// Values 1, 2, 3, 6: mean 3, unbiased variance 14/3; a quarter of the way from 7 and 1.
  @Test func runningStatisticsMoveTowardsTheBatch() throws {
    let trial = try LayerTrial(
      .batchNorm(BatchNorm(momentum: 0.25)), input: Shape(units: 1), values: [1, 2, 3, 6],
      parameters: [[1], [0], [7], [1]], upstream: [0, 0, 0, 0])
    #expect(trial.parameters[2] == [6])
    #expect((trial.parameters[3][0] - Float(0.75 + 0.25 * 14 / 3)).magnitude < 1e-6)
  }

  @Test func singleValueGivesFiniteStatistics() throws {
    let trial = try LayerTrial(
      .batchNorm(BatchNorm()), input: Shape(units: 1), values: [4],
      parameters: [[1], [0.5], [0], [1]], upstream: [1])
    #expect(trial.output == [0.5])
    #expect(trial.parameters[3][0].isFinite)
    #expect(trial.inputGradient == [0])
  }
}
