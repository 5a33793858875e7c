/// Brings together the runs of two treatments at one n that were measured on the same target.
struct Pairing {
  private(set) var pairs: [ContrastPoint.Pair] = []
  /// Targets that only the other side has a trained network of.
  private(set) var missingMinuend: [Target] = []
  private(set) var missingSubtrahend: [Target] = []

  /// A run is paired with the other side's of the same target. Where a task has a single base network for
  /// trainings of several seeds, they are all paired with that one.
  init(_ minuends: [RunResult], minus subtrahends: [RunResult]) {
    let left = Side(minuends)
    let right = Side(subtrahends)
    var usedRight: Set<Target> = []
    for target in left.order {
      let runs = left.runs(target)
      guard let (partner, partners) = right.partners(of: target) else { continue }
      usedRight.insert(partner)
      for index in 0..<max(runs.count, partner == target ? partners.count : 0) {
        add(target, runs[min(index, runs.count - 1)], partners[min(index, partners.count - 1)])
      }
    }
    var usedLeft = Set(left.order.filter { right.partners(of: $0) != nil })
    for target in right.order where !usedRight.contains(target) {
      guard let (partner, partners) = left.partners(of: target) else { continue }
      usedRight.insert(target)
      usedLeft.insert(partner)
      for run in right.runs(target) { add(target, partners[0], run) }
    }
    missingSubtrahend = left.order.filter { !usedLeft.contains($0) }
    missingMinuend = right.order.filter { !usedRight.contains($0) }
  }

  private mutating func add(_ target: Target, _ minuend: RunResult, _ subtrahend: RunResult) {
    guard let first = minuend.top1, let second = subtrahend.top1 else { return }
    pairs.append(
      ContrastPoint.Pair(
        target: target, minuend: minuend, subtrahend: subtrahend, difference: first - second))
  }

  /// The trained runs of one treatment.
  private struct Side {
    /// Targets in the order of their first run.
    private(set) var order: [Target] = []
    private var exact: [Target: [RunResult]] = [:]
    /// The targets that differ in their seed alone, by the target with seed 0.
    private var seedless: [Target: [Target]] = [:]

    init(_ runs: [RunResult]) {
      for run in runs where run.top1 != nil {
        let target = run.target
        if exact[target] == nil {
          order.append(target)
          seedless[target.withoutSeed, default: []].append(target)
        }
        exact[target, default: []].append(run)
      }
    }

    func runs(_ target: Target) -> [RunResult] { exact[target] ?? [] }

    /// The runs that a target's are compared with, and their own target.
    func partners(of target: Target) -> (target: Target, runs: [RunResult])? {
      if let runs = exact[target] { return (target, runs) }
      guard let others = seedless[target.withoutSeed], others.count == 1,
        let runs = exact[others[0]], runs.count == 1, runs[0].design.kind == .base
      else { return nil }
      return (others[0], runs)
    }
  }
}

extension Target {
  /// The same for all seeds of training.
  var withoutSeed: Target {
    var target = self
    target.seed = 0
    target.replicate = [:]
    return target
  }
}
