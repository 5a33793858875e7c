import Definitions
import Kernels

extension Parameter {
  /// Updates `count` values starting at `first` by the solver's rule. The gradient is the sum of `parts` partial
  /// ones, `stride` floats apart, added in order.
  func move(
    _ first: Int, count: Int, gradients: UnsafePointer<Float>, parts: Int = 1, stride: Int = 0,
    in pass: Pass
  ) {
    guard learns else { return }
    let step = pass.step
    func descend(_ rule: DescentStep.Rule, _ momentum: Double) {
      DescentStep(
        rule, momentum: Float(momentum), rate: Float(step.rate * rate),
        decay: Float(step.decay * decay)
      ).apply(
        weights: values.start + first, velocity: state[0].start + first, gradients: gradients,
        parts: parts, stride: stride, count: count)
    }
    switch step.rule {
    case .momentum(let momentum): descend(.caffe, momentum)
    case .nesterov(let momentum): descend(.caffeNesterov, momentum)
    case .pyTorch(let momentum, let nesterov):
      descend(nesterov ? .pyTorchNesterov : .pyTorch, momentum)
    case .adam(let adam):
      AdamStep(
        beta1: adam.beta1, beta2: adam.beta2, epsilon: adam.epsilon, rate: step.rate * rate,
        decay: step.decay * decay, isDecoupled: adam.decouplesDecay, number: pass.iteration + 1
      ).apply(
        weights: values.start + first, first: state[0].start + first,
        second: state[1].start + first, gradients: gradients, parts: parts, stride: stride,
        count: count)
    }
  }

  /// Updates all values with consecutive partial gradients of `count` floats each.
  func move(gradients: UnsafePointer<Float>, parts: Int, in pass: Pass, on pool: ThreadPool) {
    guard learns else { return }
    let count = values.count
    let block = 1 << 14
    pool.run((count + block - 1) / block) { task, _ in
      let first = task * block
      move(
        first, count: min(block, count - first), gradients: gradients + first, parts: parts,
        stride: count, in: pass)
    }
  }
}

/// The solver's rule and its coefficients in one step.
package struct SolverStep {
  package var rule: UpdateRule
  package var rate: Double
  package var decay: Double

  package init(rule: UpdateRule = .momentum(0), rate: Double = 0, decay: Double = 0) {
    self.rule = rule
    self.rate = rate
    self.decay = decay
  }
}
