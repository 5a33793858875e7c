import Planning

/// Divides the runs of one scope into experiments, so that none averages or compares across settings.
///
/// The relevant settings are those in which two runs of one treatment and n differ. Runs of a treatment that does not
/// depend on some of them belong to every experiment that agrees with the rest.
struct ScopeDivision {
  private(set) var groups: [ExperimentGroup] = []

  private let scope: ReportEntry.Scope
  private typealias Conditions = [String: VariableValue]

  init(_ scope: ReportEntry.Scope, _ runs: [RunResult]) {
    self.scope = scope
    var cells: [ReportEntry.Cell: CellSettings] = [:]
    for run in runs { cells[run.design.cell, default: CellSettings()].add(run) }
    let names = CellSettings.differing(runs)
    let bases = runs.filter { $0.design.kind == .base }
    let treated = runs.filter { $0.design.kind != .base }
    guard !names.isEmpty else {
      groups = [group([:], bases: bases, treated: treated)]
      return
    }
    let conditions = treated.map { run in
      CellSettings.conditions(of: run, names, statedInCell: cells[run.design.cell]?.names ?? [])
    }
    let index = ConditionIndex(conditions)
    let experiments = index.largest
    var members = Dictionary(
      experiments.map { ($0, [RunResult]()) }, uniquingKeysWith: { first, _ in first })
    for (run, own) in zip(treated, conditions) {
      for home in index.homes(of: own) { members[home]?.append(run) }
    }
    var references = ReferenceIndex(bases, names)
    groups = experiments.map { experiment in
      group(
        experiment, bases: references.bases(for: experiment), treated: members[experiment] ?? [])
    }
    for (own, left) in references.unused {
      groups.append(group(own, bases: left, treated: []))
    }
  }

  private func group(
    _ conditions: Conditions, bases: [RunResult], treated: [RunResult]
  ) -> ExperimentGroup {
    ExperimentGroup(
      key: .init(scope: scope, conditions: conditions), bases: bases, treated: treated)
  }
}

/// Which conditions are subsets of which.
private struct ConditionIndex {
  private typealias Conditions = [String: VariableValue]

  /// Conditions that are not a subset of others, each once, in order.
  private(set) var largest: [[String: VariableValue]] = []
  /// For each set of names that some conditions state: the maximal conditions by their values for these names.
  private var homes: [Set<String>: [[String: VariableValue]: [[String: VariableValue]]]] = [:]

  init(_ all: [[String: VariableValue]]) {
    var seen: Set<Conditions> = []
    let distinct = all.filter { seen.insert($0).inserted }
    let nameSets = Set(distinct.map { Set($0.keys) })
    largest = distinct
    for names in nameSets.sorted(by: { $0.count < $1.count }) {
      var larger: Set<Conditions> = []
      for conditions in distinct
      where conditions.count > names.count && names.isSubset(of: conditions.keys) {
        larger.insert(conditions.filter { names.contains($0.key) })
      }
      guard !larger.isEmpty else { continue }
      largest.removeAll { $0.count == names.count && Set($0.keys) == names && larger.contains($0) }
    }
    for names in nameSets {
      homes[names] = Dictionary(
        grouping: largest.filter { names.isSubset(of: $0.keys) },
        by: { $0.filter { names.contains($0.key) } })
    }
  }

  /// The maximal conditions that contain the given ones.
  func homes(of conditions: [String: VariableValue]) -> [[String: VariableValue]] {
    homes[Set(conditions.keys)]?[conditions] ?? []
  }
}

/// The settings stated by the runs of one treatment at one n.
struct CellSettings {
  /// The variables that some of the runs state.
  private(set) var names: Set<String> = []
  private var first: [String: VariableValue]?
  /// The latest value of each variable, where only those that runs state matter.
  private var values: [String: VariableValue] = [:]
  /// The variables in which some of the runs differ.
  private(set) var differing: Set<String> = []

  mutating func add(_ run: RunResult) {
    let settings = run.design.variables.settings
    guard let first else {
      self.first = settings
      names = Set(settings.keys)
      return
    }
    guard settings != first else { return }
    names.formUnion(settings.keys)
    for name in names where settings[name] != first[name] { differing.insert(name) }
  }

  /// The settings in which comparable runs differ: those of one treatment and n; of a treatment in phases and the same at
  /// once, what both state.
  static func differing(_ runs: [RunResult], inPools: Bool = false) -> Set<String> {
    var cells: [ReportEntry.Cell: CellSettings] = [:]
    var atOnce: [ReportEntry.Cell: CellSettings] = [:]
    let hasPhases = runs.contains { $0.design.phases != nil }
    for run in runs {
      let cell = run.design.cell
      cells[inPools ? cell.pool : cell, default: CellSettings()].add(run)
      guard hasPhases else { continue }
      var whole = cell
      whole.phases = nil
      if inPools { whole = whole.pool }
      atOnce[whole, default: CellSettings()].addStated(run)
    }
    return (cells.values.map(\.differing) + atOnce.values.map(\.differing))
      .reduce(into: []) { $0.formUnion($1) }
  }

  /// Adds a run of which only the settings matter that the others state as well.
  private mutating func addStated(_ run: RunResult) {
    let settings = run.design.variables.settings
    for (name, value) in settings {
      if values.updateValue(value, forKey: name) ?? value != value { differing.insert(name) }
    }
  }

  /// The relevant settings of a run. A variable that only others of its cell state is marked as unstated.
  static func conditions(
    of run: RunResult, _ names: Set<String>, statedInCell: Set<String>
  ) -> [String: VariableValue] {
    let settings = run.design.variables.settings
    var conditions: [String: VariableValue] = [:]
    for name in names where statedInCell.contains(name) {
      conditions[name] = settings[name] ?? .unstated
    }
    return conditions
  }
}

/// Finds the base networks that treatments under given conditions are compared with.
private struct ReferenceIndex {
  private typealias Conditions = [String: VariableValue]

  /// Bases of equal conditions.
  private struct Group {
    var conditions: [String: VariableValue]
    /// Positions in the list of all bases.
    var bases: [Int] = []
    /// The same by task, for any seed.
    var byTask: [Target: [Int]] = [:]
    var isUsed = false
  }

  private let bases: [RunResult]
  /// In order of their first base.
  private var groups: [Group] = []
  private var positions: [[String: VariableValue]: Int] = [:]
  /// The sets of names that the groups state.
  private var nameSets: Set<Set<String>> = []

  init(_ bases: [RunResult], _ names: Set<String>) {
    self.bases = bases
    for (index, base) in bases.enumerated() {
      let own = base.design.variables.settings.filter { names.contains($0.key) }
      let position = positions[own] ?? groups.count
      if position == groups.count {
        positions[own] = position
        groups.append(Group(conditions: own))
        nameSets.insert(Set(own.keys))
      }
      groups[position].bases.append(index)
      groups[position].byTask[base.target.withoutSeed, default: []].append(index)
    }
  }

  /// The bases that agree with the given conditions: for each task, those that agree in most of them, and none if
  /// these differ among themselves, since it is unknown which is meant.
  mutating func bases(for conditions: [String: VariableValue]) -> [RunResult] {
    let stated = conditions.filter { $0.value != .unstated }
    let candidates = candidates(stated)
    if candidates.count == 1 {
      groups[candidates[0]].isUsed = true
      return groups[candidates[0]].bases.map { bases[$0] }
    }
    var best: [Target: (rank: [Int], groups: [Int])] = [:]
    for group in candidates {
      let own = groups[group].conditions
      let agreed = own.keys.count { stated[$0] != nil }
      let unasked = own.keys.count { conditions[$0] == .unstated }
      let rank = [agreed, -unasked]
      for task in groups[group].byTask.keys {
        if let known = best[task], known.rank == rank {
          best[task]?.groups.append(group)
        } else if best[task].map({ $0.rank.lexicographicallyPrecedes(rank) }) ?? true {
          best[task] = (rank, [group])
        }
      }
    }
    var chosen: [Int] = []
    for (task, found) in best {
      let all = found.groups.map { groups[$0].conditions }
      guard all.dropFirst().allSatisfy({ all[0].agrees(with: $0) }) else { continue }
      for group in found.groups {
        groups[group].isUsed = true
        chosen += groups[group].byTask[task] ?? []
      }
    }
    return chosen.sorted().map { bases[$0] }
  }

  /// Groups of bases that contradict no condition.
  private func candidates(_ stated: [String: VariableValue]) -> [Int] {
    var found: [Int] = []
    for names in nameSets {
      let asked = stated.filter { names.contains($0.key) }
      if asked.count == names.count {
        if let position = positions[asked] { found.append(position) }
      } else {
        found += groups.indices.filter {
          Set(groups[$0].conditions.keys) == names && groups[$0].conditions.agrees(with: asked)
        }
      }
    }
    return found.sorted()
  }

  /// Bases that no conditions matched.
  var unused: [(conditions: [String: VariableValue], bases: [RunResult])] {
    groups.filter { !$0.isUsed }.map { group in
      (group.conditions, group.bases.map { bases[$0] })
    }
  }
}
