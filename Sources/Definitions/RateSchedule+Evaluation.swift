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

  /// The rate at this share of the way along half a cosine.
  private static func cosine(from start: Double, to end: Double, at share: Double) -> Double {
    end + (start - end) * (1 + cos(.pi * share)) / 2
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
      return RateSchedule.cosine(from: start, to: end, at: progress)
    case .restarts(let every, let by, let end):
      var cycle = max(1, every.iterations(perEpoch: perEpoch))
      var first = 0
      if by == 1 {
        first = iteration / cycle * cycle
      } else {
        while iteration - first >= cycle {
          first += cycle
          // A cycle that would exceed any training run is the last one.
          let (next, overflow) = cycle.multipliedReportingOverflow(by: by)
          cycle = overflow ? .max : next
        }
      }
      return RateSchedule.cosine(
        from: start, to: end, at: Double(iteration - first) / Double(cycle))
    case .oneCycle(let peak, let rise, let end):
      // PyTorch reaches the peak at this step, and the end at the last one.
      let top = max(0, rise * Double(length) - 1)
      let step = Double(iteration)
      if step < top { return RateSchedule.cosine(from: start, to: peak, at: step / top) }
      let descent = Double(length - 1) - top
      return RateSchedule.cosine(
        from: peak, to: end, at: descent > 0 ? (step - top) / descent : 0)
    }
  }
}
