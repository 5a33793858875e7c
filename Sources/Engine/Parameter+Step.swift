import Definitions
import Kernels

extension Parameter {
  /// Updates `count` values starting at `first` by the solver's rule, or gathers their gradient where the whole one is
  /// needed first. The gradient is the sum of `parts` partial ones, `stride` floats apart, added in order.
  func move(
    _ first: Int, count: Int, gradients: UnsafePointer<Float>, parts: Int = 1, stride: Int = 0,
    in pass: Pass
  ) {
    guard learns else { return }
    if let gradient {
      GatheredGradient.gather(
        gradients, parts: parts, stride: stride, count: count, into: gradient.start + first,
        adds: pass.first > 0)
    } else {
      step(
        pass.step, first, count: count, gradients: gradients, parts: parts, stride: stride,
        decay: decay, iteration: pass.iteration)
    }
  }

  /// What `move` changes, to be read ahead; of Adam's moments only the first.
  func ahead(_ first: Int, count: Int) -> ReadAhead {
    guard learns, gradient == nil else { return ReadAhead() }
    return ReadAhead(values.start + first, count: count, state[0].start + first, count: count)
  }

  /// - Parameter decay: the factor on the solver's weight decay.
  private func step(
    _ step: SolverStep, _ first: Int, count: Int, gradients: UnsafePointer<Float>, parts: Int = 1,
    stride: Int = 0, decay: Double, iteration: Int
  ) {
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
        decay: step.decay * decay, isDecoupled: adam.decouplesDecay, number: iteration + 1
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
    let block = Parameter.block
    pool.run((count + block - 1) / block) { task, _ in
      let first = task * block
      move(
        first, count: min(block, count - first), gradients: gradients + first, parts: parts,
        stride: count, in: pass)
    }
  }
}

// MARK: - Gathered gradients

extension Parameter {
  /// The sum of squares of the gathered gradient.
  func gradientSumOfSquares(on pool: ThreadPool) -> Double {
    guard let gradient, let squares else { preconditionFailure("the gradient is not gathered") }
    pool.run(squares.count) { task, _ in
      let first = task * Parameter.block
      squares.start[task] = GatheredGradient.sumOfSquares(
        gradient.start + first, count: min(Parameter.block, values.count - first))
    }
    return (0..<squares.count).reduce(0) { $0 + squares.start[$1] }
  }

  /// A step by the gathered gradient.
  ///
  /// - Parameters:
  ///   - factor: what the gradient is multiplied by first.
  ///   - pull: the solver's decay towards the source, for a parameter that has one.
  func moveByGatheredGradient(
    scaledBy factor: Double, pull: Double, _ step: SolverStep, iteration: Int, on pool: ThreadPool
  ) {
    guard let gradient else { preconditionFailure("the gradient is not gathered") }
    let (count, block) = (values.count, Parameter.block)
    pool.run((count + block - 1) / block) { task, _ in
      let first = task * block
      let size = min(block, count - first)
      let own = gradient.start + first
      if factor != 1 { GatheredGradient.scale(own, count: size, by: Float(factor)) }
      if let source {
        let (weights, source) = (values.start + first, source.start + first)
        if step.rule.decouplesDecay {
          GatheredGradient.approach(
            weights, to: source, share: Float(step.rate * rate * pull * decay), count: size)
        } else {
          GatheredGradient.addPull(
            weights, toward: source, factor: Float(pull * decay), to: own, count: size)
        }
      }
      self.step(
        step, first, count: size, gradients: own, decay: source == nil ? decay : 0,
        iteration: iteration)
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
