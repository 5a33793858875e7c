/// Pairs the runs of two treatments at one n that were measured on the same target.
struct Pairing {
  private(set) var pairs: [ContrastPoint.Pair] = []
  /// Targets for which only the other side has a network that trained.
  private(set) var missingMinuend: [Target] = []
  private(set) var missingSubtrahend: [Target] = []

  /// The runs of a target are compared with the other side's of the same target. Where a task has a single base network
  /// for training runs with several seeds, they are all compared with that one.
  init(_ minuends: [RunResult], minus subtrahends: [RunResult]) {
    var left = Side(minuends)
    var right = Side(subtrahends)
    pairs.reserveCapacity(max(left.targets.count, right.targets.count))
    for slot in left.targets.indices {
      guard let partner = right.partner(of: left.targets[slot]) else { continue }
      left.isPaired[slot] = true
      right.isPaired[partner] = true
      add(left.targets[slot], left.runs(slot), right.runs(partner))
    }
    for slot in right.targets.indices where !right.isPaired[slot] {
      guard let partner = left.partner(of: right.targets[slot]) else { continue }
      right.isPaired[slot] = true
      left.isPaired[partner] = true
      add(right.targets[slot], left.runs(partner), right.runs(slot))
    }
    missingSubtrahend = left.unpaired
    missingMinuend = right.unpaired
  }

  private mutating func add(_ target: Target, _ minuends: [RunResult], _ subtrahends: [RunResult]) {
    let pair = ContrastPoint.Pair(target: target, minuends: minuends, subtrahends: subtrahends)
    if let pair { pairs.append(pair) }
  }

  /// The trained runs of one treatment, sorted by target into slots: studies of 100,000 runs spent most of their time
  /// on an array for each target.
  private struct Side {
    /// In order of their first run; the position of a target is its slot.
    private(set) var targets: [Target] = []
    var isPaired: [Bool]
    /// By slot, and in their order within it.
    private let runs: [RunResult]
    /// The position of the first run of each slot, and the end.
    private let starts: [Int]
    private var slots: [Target: Int] = [:]
    /// All runs: one that did not train is no partner, but its seed had a base network of its own.
    private let all: [RunResult]
    /// For a target without its seed, the targets that differ in seed alone, whether they trained or not. Empty until it
    /// is needed.
    private var seedless: [Target: Set<Target>] = [:]

    init(_ all: [RunResult]) {
      self.all = all
      slots.reserveCapacity(all.count)
      var slotOfRun: [(run: Int, slot: Int)] = []
      var counts: [Int] = []
      for (index, run) in all.enumerated() where run.top1 != nil {
        let slot = slots[run.target] ?? targets.count
        if slot == targets.count {
          slots[run.target] = slot
          targets.append(run.target)
          counts.append(0)
        }
        counts[slot] += 1
        slotOfRun.append((index, slot))
      }
      var next = [0]
      for count in counts { next.append((next.last ?? 0) + count) }
      starts = next
      var order = Array(repeating: 0, count: slotOfRun.count)
      for (run, slot) in slotOfRun {
        order[next[slot]] = run
        next[slot] += 1
      }
      runs = order.map { all[$0] }
      isPaired = Array(repeating: false, count: targets.count)
    }

    func runs(_ slot: Int) -> [RunResult] { Array(runs[starts[slot]..<starts[slot + 1]]) }

    var unpaired: [Target] { targets.indices.lazy.filter { !isPaired[$0] }.map { targets[$0] } }

    /// The slot of the runs that a target's are compared with.
    mutating func partner(of target: Target) -> Int? {
      if let slot = slots[target] { return slot }
      if seedless.isEmpty {
        for run in all { seedless[run.target.withoutSeed, default: []].insert(run.target) }
      }
      guard let candidates = seedless[target.withoutSeed], candidates.count == 1,
        let only = candidates.first, let slot = slots[only]
      else { return nil }
      let runs = runs(slot)
      return runs.count == 1 && runs.first?.design.kind == .base ? slot : nil
    }
  }
}
