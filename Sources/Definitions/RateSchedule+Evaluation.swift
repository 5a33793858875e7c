import Basics

#if canImport(Glibc)
  import Glibc
#endif

extension RateSchedule {
  /// The learning rate of a step.
  ///
  /// - Parameters:
  ///   - iteration: the step, from 0.
  ///   - perEpoch: steps per epoch.
  ///   - length: total steps of the training run.
  package func rate(at iteration: Int, perEpoch: Int, length: Int) -> Double {
    let rate = policyRate(at: iteration, perEpoch: perEpoch, length: length)
    guard let warmUp else { return rate }
    let steps = warmUp.iterations(perEpoch: perEpoch)
    return iteration < steps ? rate * Double(iteration + 1) / Double(steps + 1) : rate
  }

  private func policyRate(at iteration: Int, perEpoch: Int, length: Int) -> Double {
    let progress = length > 0 ? Double(iteration) / Double(length) : 0
    switch policy {
    case .fixed:
      return start
    case .step(let every, let by):
      return start * pow(by, Double(iteration / max(1, every.iterations(perEpoch: perEpoch))))
    case .multistep(let at, let by):
      let reached = at.count { $0.iterations(perEpoch: perEpoch) <= iteration }
      return start * pow(by, Double(reached))
    case .polynomial(let power):
      return start * pow(1 - progress, power)
    case .exponential(let by):
      return start * pow(by, Double(iteration))
    case .cosine(let end):
      return end + (start - end) * (1 + cos(.pi * progress)) / 2
    }
  }
}
