import Planning

/// Which runs, or pairs of runs, are independent of each other: the units that Student's t counts.
///
/// - Accuracies of tasks of random divisions: the unit is the task. Tasks differ by more than trainings do, so that
///   further seeds of one task say nothing of other tasks. Elsewhere each run is a unit.
/// - Differences over several random divisions: the unit is again the task of a division. Its pairs at several seeds
///   and several n often share a base, and what a treatment does may depend on the task. The two tasks of one
///   division are taken to be independent, since a difference is taken within its task. (In the published
///   runs differences vary within halvings no less than between them.)
/// - Differences within one division, and on tasks whose classes are listed: the tasks are given, and trainings are
///   the sample. The unit is a target, which includes the seed; pairs that share a run, such as a base
///   that serves several seeds, are one unit, and so are a target's pairs at several n.
enum IndependentUnits {
  /// Positions of runs by unit.
  static func of(_ runs: [RunResult]) -> [[Int]] {
    guard
      runs.contains(where: { run in
        if case .random = run.target.division { true } else { false }
      })
    else { return runs.indices.map { [$0] } }
    let tasks = groups(runs.lazy.map { $0.target.withoutSeed })
    // Trainings on a single task are what there is to compare.
    return tasks.count > 1 ? tasks : runs.indices.map { [$0] }
  }

  /// Positions of pairs by unit.
  static func of(_ pairs: [ContrastPoint.Pair]) -> [[Int]] {
    var divisions: Set<UInt64> = []
    for pair in pairs {
      if case .random(let seed) = pair.target.division { divisions.insert(seed) }
    }
    return divisions.count > 1
      ? groups(pairs.lazy.map { $0.target.withoutSeed }) : groups(connected(pairs))
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

  /// For each pair a number that it has in common with those that it is connected with by runs, or by being of the
  /// same repetition of one target at another n.
  private static func connected(_ pairs: [ContrastPoint.Pair]) -> [Int] {
    /// Runs of one target may differ in nothing else that is known; the first at each n go together.
    struct Place: Hashable {
      var target: Target
      var depth: Int
    }
    struct Repetition: Hashable {
      var target: Target
      var number: Int
    }
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
    var repetitions: [Repetition: Int] = [:]
    var seen: [Place: Int] = [:]
    for (index, pair) in pairs.enumerated() {
      for name in [pair.minuend.name, pair.subtrahend.name] {
        parents[root(index)] = root(owners[name] ?? index)
        owners[name] = index
      }
      let depth = max(pair.minuend.design.depth, pair.subtrahend.design.depth)
      let number = seen[Place(target: pair.target, depth: depth), default: 0]
      seen[Place(target: pair.target, depth: depth)] = number + 1
      let repetition = Repetition(target: pair.target, number: number)
      parents[root(index)] = root(repetitions[repetition] ?? index)
      repetitions[repetition] = index
    }
    return pairs.indices.map(root)
  }
}
