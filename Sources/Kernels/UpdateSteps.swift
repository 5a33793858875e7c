import CKernels

/// A step with Nesterov's momentum, as Caffe has it: v′ ← momentum·v + rate·(g + decay·w),
/// w ← w − (1 + momentum)·v′ + momentum·v.
package struct NesterovStep {
  package var momentum: Float
  package var rate: Float
  package var decay: Float

  package init(momentum: Float, rate: Float, decay: Float) {
    self.momentum = momentum
    self.rate = rate
    self.decay = decay
  }

  /// - Parameters: as of `MomentumStep`.
  package func apply(
    weights: Floats, velocity: Floats, gradients: UnsafePointer<Float>, parts: Int = 1,
    stride: Int = 0, count: Int
  ) {
    ck_nesterov_step(
      weights, velocity, gradients, parts, stride, count, momentum, rate, decay)
  }
}

/// A step of PyTorch's SGD: g ← g + decay·w, v ← momentum·v + g, w ← w − rate·v, or with Nesterov's momentum
/// w ← w − rate·(g + momentum·v).
package struct PyTorchStep {
  package var momentum: Float
  package var isNesterov: Bool
  package var rate: Float
  package var decay: Float

  package init(momentum: Float, isNesterov: Bool, rate: Float, decay: Float) {
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.rate = rate
    self.decay = decay
  }

  /// - Parameters: as of `MomentumStep`.
  package func apply(
    weights: Floats, velocity: Floats, gradients: UnsafePointer<Float>, parts: Int = 1,
    stride: Int = 0, count: Int
  ) {
    ck_pytorch_step(
      weights, velocity, gradients, parts, stride, count, momentum, rate, decay,
      isNesterov ? 1 : 0)
  }
}

/// Step `number` (from 1) of Adam, with the corrections of Kingma and Ba (2015, algorithm 1):
///
///     m ← beta1·m + (1 − beta1)·g, v ← beta2·v + (1 − beta2)·g²
///     w ← w − rate · m/(1 − beta1^t) / (√(v/(1 − beta2^t)) + epsilon)
///
/// Weight decay is part of the gradient, or is decoupled from it (Loshchilov and Hutter 2019): w ← (1 − rate·decay)·w
/// first.
package struct AdamStep {
  private var factors: ck_adam

  package init(
    beta1: Double, beta2: Double, epsilon: Double, rate: Double, decay: Double,
    isDecoupled: Bool, number: Int
  ) {
    factors = ck_adam(
      beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
      decay: isDecoupled ? 0 : Float(decay),
      shrink: isDecoupled ? Float(1 - rate * decay) : 1,
      rate: Float(rate / (1 - power(beta1, number))),
      correction: Float(1 / (1 - power(beta2, number)).squareRoot()))
  }

  /// - Parameters: as of `MomentumStep`; `first` and `second` are the moments m and v.
  package func apply(
    weights: Floats, first: Floats, second: Floats, gradients: UnsafePointer<Float>,
    parts: Int = 1, stride: Int = 0, count: Int
  ) {
    withUnsafePointer(to: factors) {
      ck_adam_step(weights, first, second, gradients, parts, stride, count, $0)
    }
  }
}

/// x^n by repeated squaring: the same bits everywhere, which a library's function does not promise.
private func power(_ x: Double, _ n: Int) -> Double {
  var (result, base, rest) = (1.0, x, n)
  while rest > 0 {
    if rest & 1 == 1 { result *= base }
    base *= base
    rest >>= 1
  }
  return result
}
