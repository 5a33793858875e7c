import Planning

/// Divides the runs of one scope into experiments, so that none averages or compares over settings.
///
/// The settings that count are those in which two runs of one treatment and n differ. Runs of a treatment that
/// does not depend on some of them belong to every experiment that agrees with the rest.
struct ScopeDivision {
  private(set) var groups: [ExperimentGroup] = []

  private let scope: ReportEntry.Scope
  private typealias Conditions = [String: VariableValue]

  init(_ scope: ReportEntry.Scope, _ runs: [RunResult]) {
    self.scope = scope
    var cells: [ReportEntry.Cell: CellSettings] = [:]
    for run in runs { cells[run.design.cell, default: CellSettings()].add(run) }
    let names = cells.values.reduce(into: Set<String>()) { $0.formUnion($1.differing) }
    let bases = runs.filter { $0.design.kind == .base }
    let treated = runs.filter { $0.design.kind != .base }
    guard !names.isEmpty else {
      groups = [group([:], bases: bases, treated: treated)]
      return
    }
    let conditions = treated.map { run in
      CellSettings.conditions(of: run, names, statedInCell: cells[run.design.cell]?.names ?? [])
    }
    let experiments = ScopeDivision.largest(conditions)
    var members = Dictionary(
      experiments.map { ($0, [RunResult]()) }, uniquingKeysWith: { first, _ in first })
    var homes: [Conditions: [Conditions]] = [:]
    for (run, own) in zip(treated, conditions) {
      let found = homes[own] ?? experiments.filter { own.isPart(of: $0) }
      homes[own] = found
      for home in found { members[home]?.append(run) }
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

  /// Those that are no part of others, each once, in order.
  private static func largest(_ all: [Conditions]) -> [Conditions] {
    var seen: Set<Conditions> = []
    let distinct = all.filter { seen.insert($0).inserted }
    let byNames = Dictionary(grouping: distinct) { Set($0.keys) }
    guard byNames.count > 1 else { return distinct }
    return distinct.filter { own in
      let names = Set(own.keys)
      return !byNames.contains { others, conditions in
        names.isStrictSubset(of: others) && conditions.contains { own.isPart(of: $0) }
      }
    }
  }
}

extension [String: VariableValue] {
  fileprivate func isPart(of other: Self) -> Bool { allSatisfy { other[$0.key] == $0.value } }
}

/// What the runs of one treatment at one n say of their settings.
struct CellSettings {
  /// The variables that some of them state.
  private(set) var names: Set<String> = []
  private var first: [String: VariableValue]?
  /// The variables in which some of them differ.
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

  /// A run's settings among those that count. What others of its cell state and it does not is not stated.
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

/// Finds the base networks that treatments under some conditions are seen against.
private struct ReferenceIndex {
  private typealias Conditions = [String: VariableValue]

  private let bases: [RunResult]
  /// Positions of bases by their own conditions, in the order of the first.
  private var byConditions: [(conditions: [String: VariableValue], bases: [Int])] = []
  private var positions: [[String: VariableValue]: Int] = [:]
  /// The sets of names that they state.
  private let nameSets: Set<Set<String>>
  private var isUsed: [Bool]

  init(_ bases: [RunResult], _ names: Set<String>) {
    self.bases = bases
    var nameSets: Set<Set<String>> = []
    for (index, base) in bases.enumerated() {
      let own = base.design.variables.settings.filter { names.contains($0.key) }
      if let position = positions[own] {
        byConditions[position].bases.append(index)
      } else {
        positions[own] = byConditions.count
        byConditions.append((own, [index]))
        nameSets.insert(Set(own.keys))
      }
    }
    self.nameSets = nameSets
    isUsed = Array(repeating: false, count: byConditions.count)
  }

  /// The bases that agree with some conditions; for each task those that agree in most of them, and none where
  /// these differ among themselves: it is not known then which is meant.
  mutating func bases(for conditions: [String: VariableValue]) -> [RunResult] {
    let stated = conditions.filter { $0.value != .unstated }
    var best: [Target: (rank: [Int], groups: [Int])] = [:]
    for group in candidates(stated) {
      let own = byConditions[group].conditions
      let agreed = own.keys.count { stated[$0] != nil }
      let unasked = own.keys.count { conditions[$0] == .unstated }
      let rank = [agreed, -unasked]
      for task in Set(byConditions[group].bases.map { bases[$0].target.withoutSeed }) {
        if let known = best[task], known.rank == rank {
          best[task]?.groups.append(group)
        } else if best[task].map({ $0.rank.lexicographicallyPrecedes(rank) }) ?? true {
          best[task] = (rank, [group])
        }
      }
    }
    var chosen: [Int] = []
    for (task, found) in best {
      let all = found.groups.map { byConditions[$0].conditions }
      guard all.dropFirst().allSatisfy({ all[0].agrees(with: $0) }) else { continue }
      for group in found.groups {
        isUsed[group] = true
        chosen += byConditions[group].bases.filter { bases[$0].target.withoutSeed == task }
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
        found += byConditions.indices.filter {
          Set(byConditions[$0].conditions.keys) == names
            && byConditions[$0].conditions.agrees(with: asked)
        }
      }
    }
    return found.sorted()
  }

  /// Bases that no conditions asked for.
  var unused: [(conditions: [String: VariableValue], bases: [RunResult])] {
    byConditions.indices.filter { !isUsed[$0] }.map { position in
      (byConditions[position].conditions, byConditions[position].bases.map { bases[$0] })
    }
  }
}
