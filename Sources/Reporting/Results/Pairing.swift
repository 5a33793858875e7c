/// Pairs the runs of two treatments at one n that were measured on the same target.
struct Pairing {
  private(set) var pairs: [ContrastPoint.Pair] = []
  /// Targets for which only the other side has a network that trained.
  let missingMinuend: [Target]
  let missingSubtrahend: [Target]

  /// The runs of a target are compared with the other side's of the same target. Where a task has a single base network
  /// for training runs with several seeds, they are all compared with that one.
  init(_ left: PairingSide, minus right: PairingSide) {
    var isPaired = (
      left: Array(repeating: false, count: left.targets.count),
      right: Array(repeating: false, count: right.targets.count)
    )
    pairs.reserveCapacity(max(left.targets.count, right.targets.count))
    for slot in left.targets.indices {
      guard let partner = right.partner(of: left.targets[slot]) else { continue }
      isPaired.left[slot] = true
      isPaired.right[partner] = true
      pairs.add(left.targets[slot], left.runs[slot], right.runs[partner])
    }
    for slot in right.targets.indices where !isPaired.right[slot] {
      guard let partner = left.partner(of: right.targets[slot]) else { continue }
      isPaired.right[slot] = true
      isPaired.left[partner] = true
      pairs.add(right.targets[slot], left.runs[partner], right.runs[slot])
    }
    missingSubtrahend = left.targets.indices.filter { !isPaired.left[$0] }.map { left.targets[$0] }
    missingMinuend = right.targets.indices.filter { !isPaired.right[$0] }.map { right.targets[$0] }
  }
}

extension [ContrastPoint.Pair] {
  fileprivate mutating func add(
    _ target: Target, _ minuends: [RunResult], _ subtrahends: [RunResult]
  ) {
    let pair = ContrastPoint.Pair(target: target, minuends: minuends, subtrahends: subtrahends)
    if let pair { append(pair) }
  }
}

/// The trained runs of one treatment at one n by target. Several contrasts compare them with others.
struct PairingSide {
  /// In order of their first run; the position of a target is its slot.
  private(set) var targets: [Target] = []
  /// By slot.
  private(set) var runs: [[RunResult]] = []
  private var slots: [Target: Int] = [:]
  /// For targets without their seed, the slot of the only run where there is a single one with any seed, and it is a base;
  /// `nil` where there are several. One that did not train is no partner, but its seed had a base network of its own.
  private var seedless: [Target: Int?] = [:]

  init(_ all: [RunResult]) {
    slots.reserveCapacity(all.count)
    for run in all where run.top1 != nil {
      let slot = slots[run.target] ?? targets.count
      if slot == targets.count {
        slots[run.target] = slot
        targets.append(run.target)
        runs.append([run])
      } else {
        runs[slot].append(run)
      }
    }
    guard all.contains(where: { $0.design.kind == .base }) else { return }
    var only: [Target: Target] = [:]
    for run in all {
      let common = run.target.withoutSeed
      if let other = only.updateValue(run.target, forKey: common) {
        if other != run.target { seedless[common] = .some(nil) }
      } else {
        let slot = slots[run.target]
        let isSingle = slot.map { runs[$0].count == 1 && runs[$0][0].design.kind == .base }
        seedless[common] = .some(isSingle == true ? slot : nil)
      }
    }
  }

  /// The slot of the runs that a target's are compared with.
  func partner(of target: Target) -> Int? {
    slots[target] ?? (seedless.isEmpty ? nil : seedless[target.withoutSeed] ?? nil)
  }
}
