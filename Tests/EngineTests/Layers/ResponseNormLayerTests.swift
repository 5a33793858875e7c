import Definitions
import Engine
import Glibc
import Testing

@Suite struct ResponseNormLayerTests {
  private func twin(_ norm: LocalResponseNorm, channels: Int) -> Twin {
    { x, _ in
      x.indices.map { index in
        let first = index / channels * channels
        let half = norm.size / 2
        let neighbours = max(index - half, first)...min(index + half, first + channels - 1)
        let sum = neighbours.reduce(0.0) { $0 + x[$1] * x[$1] }
        return x[index] / pow(norm.k + norm.alpha / Double(norm.size) * sum, norm.beta)
      }
    }
  }

  @Test(arguments: [
    LocalResponseNorm(alpha: 0.5), LocalResponseNorm(size: 3, alpha: 1, beta: 0.6, k: 2),
  ])
  func meetsNaiveTwinAndItsNumericalGradient(norm: LocalResponseNorm) throws {
    let shape = Shape(channels: 7, height: 2, width: 2)
    try checkLayer(
      .lrn(norm), input: shape, images: 2, gradientTolerance: 1e-5,
      twin: twin(norm, channels: shape.channels))
  }

  /// x = (3, 4), α/size = 1, k = 0: both are divided by (9 + 16)^½ = 5.
  @Test func normByHand() throws {
    let trial = try LayerTrial(
      .lrn(LocalResponseNorm(size: 3, alpha: 3, beta: 0.5, k: 0)),
      input: Shape(channels: 2, height: 1, width: 1), values: [3, 4], parameters: [],
      upstream: [0, 0])
    #expect(trial.output == [0.6, 0.8])
  }
}
