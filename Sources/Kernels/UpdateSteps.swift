import CKernels

/// A step of gradient descent with momentum: g is the gradient, v the velocity, w the weights.
package struct DescentStep {
  package enum Rule: Hashable, Sendable {
    /// Caffe's: v ← momentum·v + rate·(g + decay·w), w ← w − v.
    case caffe
    /// Caffe's with Nesterov's momentum: v′ ← momentum·v + rate·(g + decay·w),
    /// w ← w − (1 + momentum)·v′ + momentum·v.
    case caffeNesterov
    /// PyTorch's: g ← g + decay·w, v ← momentum·v + g, w ← w − rate·v.
    case pyTorch
    /// PyTorch's with Nesterov's momentum: the same g and v, w ← w − rate·(g + momentum·v).
    case pyTorchNesterov
  }

  package var rule: Rule
  package var momentum: Float
  package var rate: Float
  package var decay: Float

  package init(_ rule: Rule, momentum: Float, rate: Float, decay: Float) {
    self.rule = rule
    self.momentum = momentum
    self.rate = rate
    self.decay = decay
  }

  /// Moves `count` weights. The gradient is the sum of `parts` partial gradients that are `stride` floats apart, taken in
  /// order.
  package func apply(
    weights: Floats, velocity: Floats, gradients: UnsafePointer<Float>, parts: Int = 1,
    stride: Int = 0, count: Int
  ) {
    switch rule {
    case .caffe:
      ck_momentum_step(
        weights, velocity, gradients, parts, stride, count, momentum, rate, decay)
    case .caffeNesterov:
      ck_nesterov_step(
        weights, velocity, gradients, parts, stride, count, momentum, rate, decay)
    case .pyTorch, .pyTorchNesterov:
      ck_pytorch_step(
        weights, velocity, gradients, parts, stride, count, momentum, rate, decay,
        rule == .pyTorch ? 0 : 1)
    }
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

  /// - Parameters: as of `DescentStep`; `first` and `second` are the moments m and v.
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
