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
enum IndependentUnits {
  /// Positions of runs by unit.
  static func of(_ runs: [RunResult]) -> [[Int]] {
    if runs.contains(where: { $0.target.isDrawn }) {
      let tasks = groups(runs.lazy.map(\.target.drawnTask))
      // On a single task, training runs are the only sample.
      if tasks.count > 1 { return tasks }
    }
    return groups(
      runs.enumerated().lazy.map { index, run in
        run.design.isSeedStated ? Repetition.ofTarget(run.target) : .unknown(index)
      })
  }

  /// Positions of pairs by unit.
  static func of(_ pairs: [ContrastPoint.Pair]) -> [[Int]] {
    var tasksByDivision: [UInt64: Set<Target>] = [:]
    for pair in pairs {
      guard case .random(let seed) = pair.target.division else { continue }
      tasksByDivision[seed, default: []].insert(pair.target.drawnTask)
    }
    let tasks = tasksByDivision.values.reduce(into: Set<Target>()) { $0.formUnion($1) }
    let mostOfOne = tasksByDivision.values.map(\.count).max() ?? 0
    return tasks.count > mostOfOne
      ? groups(pairs.lazy.map(\.target.drawnTask)) : groups(connected(pairs))
  }

  /// The common property of runs that repeat the same training run.
  private enum Repetition: Hashable {
    case ofTarget(Target)
    /// An unstated seed: an independent training run, as far as is known.
    case unknown(Int)
  }

  private static func groups<Key: Hashable>(_ keys: some Sequence<Key>) -> [[Int]] {
    var groups: [[Int]] = []
    var numbers: [Key: Int] = [:]
    for (index, key) in keys.enumerated() {
      if let number = numbers[key] {
        groups[number].append(index)
      } else {
        numbers[key] = groups.count
        groups.append([index])
      }
    }
    return groups
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
    var owners: [String: Int] = [:]
    var targets: [Target: Int] = [:]
    for (index, pair) in pairs.enumerated() {
      for run in pair.minuends + pair.subtrahends {
        parents[root(index)] = root(owners[run.name] ?? index)
        owners[run.name] = index
      }
      parents[root(index)] = root(targets[pair.target] ?? index)
      targets[pair.target] = index
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
