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
    let byTask = groups(pairs.lazy.map(\.target.drawnTask))
    return isOfSeveralDivisions(byTask, pairs) ? byTask : groups(connected(pairs))
  }

  /// Whether there are more random tasks than a single division has.
  private static func isOfSeveralDivisions(
    _ byTask: [[Int]], _ pairs: [ContrastPoint.Pair]
  ) -> Bool {
    let drawn = byTask.filter { pairs[$0[0]].target.isDrawn }
    var pairsByDivision: [UInt64: Int] = [:]
    for pair in pairs {
      guard case .random(let seed) = pair.target.division else { continue }
      pairsByDivision[seed, default: 0] += 1
    }
    // Large studies are decided here: a division has no more tasks than pairs.
    if drawn.count > pairsByDivision.values.max() ?? 0 { return true }
    var tasksByDivision: [UInt64: Set<Int>] = [:]
    for (task, members) in drawn.enumerated() {
      for member in members {
        guard case .random(let seed) = pairs[member].target.division else { continue }
        tasksByDivision[seed, default: []].insert(task)
      }
    }
    return drawn.count > tasksByDivision.values.map(\.count).max() ?? 0
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
