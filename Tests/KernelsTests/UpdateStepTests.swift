import Glibc
import Kernels
import Testing

/// Update rules against naive twins in double precision, over several blocks and with several partial gradients.
@Suite struct UpdateStepTests {
  private let count = 1100
  private let parts = 3

  private func gradients(step: Int) -> FloatBuffer {
    FloatBuffer(someValues(parts * count, seed: UInt64(10 + step)))
  }

  /// The gradient of a value: the sum of its parts.
  private func gradient(_ gradients: FloatBuffer, _ index: Int) -> Double {
    (0..<parts).reduce(0.0) { $0 + Double(gradients.values[$1 * count + index]) }
  }

  @Test func nesterovFollowsCaffe() {
    let weights = FloatBuffer(someValues(count, seed: 1))
    let velocity = FloatBuffer(count: count)
    var w = weights.values.map(Double.init)
    var v = Array(repeating: 0.0, count: count)
    for (step, rate) in [0.1, 0.05, 0.01].enumerated() {
      let gradients = gradients(step: step)
      for index in 0..<count {
        let new = 0.9 * v[index] + rate * (gradient(gradients, index) + 0.1 * w[index])
        w[index] -= 1.9 * new - 0.9 * v[index]
        v[index] = new
      }
      DescentStep(.caffeNesterov, momentum: 0.9, rate: Float(rate), decay: 0.1).apply(
        weights: weights.start, velocity: velocity.start, gradients: gradients.start,
        parts: parts, stride: count, count: count)
    }
    #expect(relativeError(weights.values, w) < 1e-6)
    #expect(relativeError(velocity.values, v) < 1e-5)
  }

  @Test(arguments: [false, true]) func descentFollowsPyTorch(isNesterov: Bool) {
    let weights = FloatBuffer(someValues(count, seed: 1))
    let velocity = FloatBuffer(count: count)
    var w = weights.values.map(Double.init)
    var v = Array(repeating: 0.0, count: count)
    for (step, rate) in [0.1, 0.05, 0.01].enumerated() {
      let gradients = gradients(step: step)
      for index in 0..<count {
        let g = gradient(gradients, index) + 0.1 * w[index]
        v[index] = 0.9 * v[index] + g
        w[index] -= rate * (isNesterov ? g + 0.9 * v[index] : v[index])
      }
      DescentStep(
        isNesterov ? .pyTorchNesterov : .pyTorch, momentum: 0.9, rate: Float(rate), decay: 0.1
      ).apply(
        weights: weights.start, velocity: velocity.start, gradients: gradients.start,
        parts: parts, stride: count, count: count)
    }
    #expect(relativeError(weights.values, w) < 1e-6)
    #expect(relativeError(velocity.values, v) < 1e-5)
  }

  @Test(arguments: [false, true]) func adamFollowsItsAuthors(isDecoupled: Bool) {
    let weights = FloatBuffer(someValues(count, seed: 1))
    let (first, second) = (FloatBuffer(count: count), FloatBuffer(count: count))
    var w = weights.values.map(Double.init)
    var (m, v) = (Array(repeating: 0.0, count: count), Array(repeating: 0.0, count: count))
    for (step, rate) in [0.01, 0.01, 0.002].enumerated() {
      let gradients = gradients(step: step)
      let number = Double(step + 1)
      for index in 0..<count {
        var g = gradient(gradients, index)
        if isDecoupled { w[index] *= 1 - rate * 0.1 } else { g += 0.1 * w[index] }
        m[index] = 0.9 * m[index] + 0.1 * g
        v[index] = 0.99 * v[index] + 0.01 * g * g
        let mean = m[index] / (1 - pow(0.9, number))
        let square = v[index] / (1 - pow(0.99, number))
        w[index] -= rate * mean / (square.squareRoot() + 1e-8)
      }
      AdamStep(
        beta1: 0.9, beta2: 0.99, epsilon: 1e-8, rate: rate, decay: 0.1, isDecoupled: isDecoupled,
        number: step + 1
      ).apply(
        weights: weights.start, first: first.start, second: second.start,
        gradients: gradients.start, parts: parts, stride: count, count: count)
    }
    #expect(relativeError(weights.values, w) < 1e-6)
    #expect(relativeError(first.values, m) < 1e-5)
    #expect(relativeError(second.values, v) < 1e-5)
  }
}
