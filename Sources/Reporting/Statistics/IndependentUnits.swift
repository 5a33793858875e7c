import Planning

/// Which runs, or pairs of runs, are independent of each other: the units of Student's t.
///
/// - Accuracies of tasks of random divisions: the unit is the task. Tasks differ more than training runs do, so
///   further seeds of one task say nothing about other tasks; and two seeds of a division may draw the same task.
///   Elsewhere each run is a unit, except that runs with the same stated seed are one unit.
/// - Differences over several random divisions: the unit is again the task of a division. Its pairs at several seeds
///   and several n often share a base, and the effect of a treatment may depend on the task. The two tasks of one
///   division are assumed to be independent, since a difference is taken within its task. (In the published runs,
///   differences vary within halvings no less than between them.)
/// - Differences within one division, and on tasks with listed classes: the tasks are given, and training runs are
///   the sample. The unit is a target, which includes the seed. Pairs that share a run, such as a base that serves
///   several seeds, are one unit, and so are the pairs of a target at several n.
struct IndependentUnits {
  /// The unit of each run or pair, by its position; units are numbered in the order of their first.
  private(set) var numbers: [Int] = []
  /// The position of the first of each unit.
  private(set) var firsts: [Int] = []

  var count: Int { firsts.count }

  /// Units of positions with equal keys.
  init<Key: Hashable>(_ keys: some Sequence<Key>) {
    numbers.reserveCapacity(keys.underestimatedCount)
    var known: [Key: Int] = [:]
    for (index, key) in keys.enumerated() {
      let number = known[key] ?? count
      if number == count {
        known[key] = number
        firsts.append(index)
      }
      numbers.append(number)
    }
  }

  /// Those of runs.
  init(of runs: [RunResult]) {
    if runs.contains(where: { $0.target.isDrawn }) {
      let tasks = IndependentUnits(runs.lazy.map(\.target.drawnTask))
      // On a single task, training runs are the only sample.
      if tasks.count > 1 {
        self = tasks
        return
      }
    }
    self.init(
      runs.enumerated().lazy.map { index, run in
        run.design.isSeedStated ? Repetition.ofTarget(run.target) : .unknown(index)
      })
  }

  /// Those of pairs.
  init(of pairs: [ContrastPoint.Pair]) {
    let tasks = IndependentUnits(pairs.lazy.map(\.target.drawnTask))
    self =
      tasks.areOfSeveralDivisions(pairs)
      ? tasks : IndependentUnits(IndependentUnits.connected(pairs))
  }

  /// Whether there are more random tasks than a single division has.
  private func areOfSeveralDivisions(_ pairs: [ContrastPoint.Pair]) -> Bool {
    let drawn = firsts.count { pairs[$0].target.isDrawn }
    guard drawn > 0 else { return false }
    var pairsByDivision: [UInt64: Int] = [:]
    for pair in pairs {
      guard case .random(let seed) = pair.target.division else { continue }
      pairsByDivision[seed, default: 0] += 1
    }
    // Large studies are decided here: a division has no more tasks than pairs.
    if drawn > pairsByDivision.values.max() ?? 0 { return true }
    var tasksByDivision: [UInt64: Set<Int>] = [:]
    for (index, pair) in pairs.enumerated() {
      guard case .random(let seed) = pair.target.division else { continue }
      tasksByDivision[seed, default: []].insert(numbers[index])
    }
    return drawn > tasksByDivision.values.map(\.count).max() ?? 0
  }

  /// The common property of runs that repeat the same training run.
  private enum Repetition: Hashable {
    case ofTarget(Target)
    /// An unstated seed: an independent training run, as far as is known.
    case unknown(Int)
  }

  /// A number for each pair, equal for pairs connected by shared runs, or by the same target at another n.
  private static func connected(_ pairs: [ContrastPoint.Pair]) -> [Int] {
    var parents = Array(pairs.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    var owners: [ObjectIdentifier: Int] = [:]
    var targets: [Target: Int] = [:]
    for (index, pair) in pairs.enumerated() {
      func connect(_ run: RunResult) {
        if let owner = owners.updateValue(index, forKey: run.identity) {
          parents[root(index)] = root(owner)
        }
      }
      for run in pair.minuends { connect(run) }
      for run in pair.subtrahends { connect(run) }
      if let other = targets.updateValue(index, forKey: pair.target) {
        parents[root(index)] = root(other)
      }
    }
    return pairs.indices.map(root)
  }
}

extension Target {
  /// Whether its classes were drawn at random.
  fileprivate var isDrawn: Bool {
    if case .random = division { true } else { false }
  }
}
