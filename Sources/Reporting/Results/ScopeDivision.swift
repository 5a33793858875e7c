import Planning

/// Divides the runs of one scope into experiments, so that none averages or compares across settings.
///
/// The relevant settings are those in which two runs of one treatment and n differ. Runs of a treatment that does not
/// depend on some of them belong to every experiment that agrees with the rest.
struct ScopeDivision {
  private(set) var groups: [ExperimentGroup] = []

  private let scope: ReportEntry.Scope

  init(_ scope: ReportEntry.Scope, _ runs: [RunResult]) {
    self.scope = scope
    let cells = CellTable(runs)
    let names = cells.differing
    let bases = runs.filter { $0.design.kind == .base }
    let treated = runs.filter { $0.design.kind != .base }
    guard !names.isEmpty else {
      groups = [group(RunVariables.none.settings, bases: bases, treated: treated)]
      return
    }
    var reader = ConditionReader(cells, names)
    let conditions = treated.map { reader.conditions(of: $0) }
    let index = ConditionIndex(conditions)
    let experiments = index.largest
    var members = Array(repeating: [RunResult](), count: experiments.count)
    for (run, own) in zip(treated, conditions) {
      for home in index.homes(of: own) { members[home].append(run) }
    }
    var references = ReferenceIndex(bases, names)
    groups = zip(experiments, members).map { experiment, treated in
      group(experiment, bases: references.bases(for: experiment), treated: treated)
    }
    for (own, left) in references.unused {
      groups.append(group(own, bases: left, treated: []))
    }
  }

  private func group(
    _ conditions: Shared<RunSettings>, bases: [RunResult], treated: [RunResult]
  ) -> ExperimentGroup {
    ExperimentGroup(
      key: .init(scope: scope, conditions: conditions.value.values), bases: bases, treated: treated)
  }
}

/// Finds the settings of runs in which experiments differ.
private struct ConditionReader {
  private struct Stated: Hashable {
    var settings: Shared<RunSettings>
    var names: Shared<Set<String>>
  }

  private let cells: CellTable
  private let names: Set<String>
  /// The relevant names that some run of a cell states.
  private var statedNames: [Shared<ReportEntry.Cell>: Shared<Set<String>>] = [:]
  private var known: [Stated: Shared<RunSettings>] = [:]
  private var conditions = Shared<RunSettings>.Pool()

  init(_ cells: CellTable, _ names: Set<String>) {
    self.cells = cells
    self.names = names
  }

  /// The relevant settings of a run. A variable that only others of its cell state is marked as unstated.
  mutating func conditions(of run: RunResult) -> Shared<RunSettings> {
    let wanted = wanted(run.cell)
    let settings = run.settings
    if settings.value.names == wanted { return settings }
    let key = Stated(settings: settings, names: wanted)
    if let found = known[key] { return found }
    var values: [String: VariableValue] = [:]
    for name in wanted.value { values[name] = settings.value.values[name] ?? .unstated }
    let own = conditions.share(RunSettings(values, names: wanted))
    known[key] = own
    return own
  }

  private mutating func wanted(_ cell: Shared<ReportEntry.Cell>) -> Shared<Set<String>> {
    if let known = statedNames[cell] { return known }
    let own = Shared(names.intersection(cells.names(in: cell)))
    statedNames[cell] = own
    return own
  }
}

/// Which conditions are subsets of which.
private struct ConditionIndex {
  /// Conditions that are not a subset of others, each once, in order.
  private(set) var largest: [Shared<RunSettings>] = []
  /// For each set of names that some conditions state: positions of the maximal conditions by their values for these names.
  private var homes: [Shared<Set<String>>: [Shared<RunSettings>: [Int]]] = [:]

  init(_ all: [Shared<RunSettings>]) {
    var seen: Set<Shared<RunSettings>> = []
    let distinct = all.filter { seen.insert($0).inserted }
    let byNames = Dictionary(grouping: distinct, by: \.value.names)
    var subsets: Set<Shared<RunSettings>> = []
    for names in byNames.keys {
      for (others, larger) in byNames
      where others.value.count > names.value.count && names.value.isSubset(of: others.value) {
        subsets.formUnion(larger.lazy.map { $0.restricted(to: names) })
      }
    }
    largest = subsets.isEmpty ? distinct : distinct.filter { !subsets.contains($0) }
    for names in byNames.keys {
      let holders = Set(byNames.keys.filter { names.value.isSubset(of: $0.value) })
      homes[names] = Dictionary(
        grouping: largest.indices.filter { holders.contains(largest[$0].value.names) },
        by: { largest[$0].restricted(to: names) })
    }
  }

  /// Positions of the maximal conditions that contain the given ones.
  func homes(of conditions: Shared<RunSettings>) -> [Int] {
    homes[conditions.value.names]?[conditions] ?? []
  }
}

/// Finds the base networks that treatments under given conditions are compared with.
private struct ReferenceIndex {
  /// Bases of equal conditions.
  private struct Group {
    var conditions: Shared<RunSettings>
    /// Positions in the list of all bases.
    var bases: [Int] = []
    var isUsed = false
  }

  private let bases: [RunResult]
  /// In order of their first base.
  private var groups: [Group] = []
  private var index: AgreementIndex
  /// The bases of a group by task, for any seed, where it has been asked for.
  private var tasks: [Int: [Target: [Int]]] = [:]

  init(_ bases: [RunResult], _ names: Set<String>) {
    self.bases = bases
    let names = Shared(names)
    var relevant: [Shared<RunSettings>: Shared<RunSettings>] = [:]
    var positions: [Shared<RunSettings>: Int] = [:]
    for (index, base) in bases.enumerated() {
      let own = relevant[base.settings] ?? base.settings.restricted(to: names)
      relevant[base.settings] = own
      let position = positions[own] ?? groups.count
      if position == groups.count {
        positions[own] = position
        groups.append(Group(conditions: own))
      }
      groups[position].bases.append(index)
    }
    index = AgreementIndex(groups.map(\.conditions))
  }

  /// The bases that agree with the given conditions: for each task, those that agree in most of them, and none if
  /// these differ among themselves, since it is unknown which is meant.
  mutating func bases(for conditions: Shared<RunSettings>) -> [RunResult] {
    let stated = conditions.stated
    let candidates = index.positions(agreeingWith: stated)
    if candidates.count == 1 {
      groups[candidates[0]].isUsed = true
      return groups[candidates[0]].bases.map { bases[$0] }
    }
    var best: [Target: (rank: [Int], groups: [Int])] = [:]
    for group in candidates {
      let own = groups[group].conditions.value.values
      let agreed = own.keys.count { stated.value.values[$0] != nil }
      let unasked = own.keys.count { conditions.value.values[$0] == .unstated }
      let rank = [agreed, -unasked]
      for task in tasks(of: group).keys {
        if let known = best[task], known.rank == rank {
          best[task]?.groups.append(group)
        } else if best[task].map({ $0.rank.lexicographicallyPrecedes(rank) }) ?? true {
          best[task] = (rank, [group])
        }
      }
    }
    var chosen: [Int] = []
    for (task, found) in best {
      let all = found.groups.map { groups[$0].conditions.value.values }
      guard all.dropFirst().allSatisfy({ all[0].agrees(with: $0) }) else { continue }
      for group in found.groups {
        groups[group].isUsed = true
        chosen += tasks(of: group)[task] ?? []
      }
    }
    return chosen.sorted().map { bases[$0] }
  }

  private mutating func tasks(of group: Int) -> [Target: [Int]] {
    if let known = tasks[group] { return known }
    let own = Dictionary(grouping: groups[group].bases) { bases[$0].target.withoutSeed }
    tasks[group] = own
    return own
  }

  /// Bases that no conditions matched.
  var unused: [(conditions: Shared<RunSettings>, bases: [RunResult])] {
    groups.filter { !$0.isUsed }.map { group in
      (group.conditions, group.bases.map { bases[$0] })
    }
  }
}
