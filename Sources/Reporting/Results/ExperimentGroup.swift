import Planning

/// The runs of one experiment, and their common settings.
struct ExperimentGroup {
  /// Runs with equal keys are one experiment.
  struct Key: Hashable {
    var scope: ReportEntry.Scope
    /// The settings in which experiments of the scope differ, without those that no run of this one depends on.
    var conditions: [String: VariableValue]
  }

  let key: Key
  let bases: [RunResult]
  /// Bases trained in several ways, where there is nothing else to compare them with; empty otherwise.
  var recipes: [(conditions: [String: VariableValue], bases: [RunResult])] = []
  /// All other runs.
  let treated: [RunResult]

  /// Names of tasks other than the target that layers come from.
  let sources: [String]

  init(key: Key, bases: [RunResult], treated: [RunResult]) {
    self.key = key
    self.bases = bases
    self.treated = treated
    var names: Set<String> = []
    for run in treated where run.cell.value.crossesTasks {
      if let source = run.design.source { names.insert(source) }
    }
    sources = names.sorted()
  }

  /// One group of those that have only bases.
  private init(recipes: [ExperimentGroup], of scope: ReportEntry.Scope) {
    self.init(
      key: Key(scope: scope, conditions: [:]), bases: recipes.flatMap(\.bases), treated: [])
    self.recipes = recipes.map { ($0.key.conditions, $0.bases) }
  }

  /// The groups of a study in order of their first run, without those reported elsewhere: bases that only provide
  /// layers and are trained alike, and bases with limits on their examples.
  static func groups(of runs: [RunResult]) -> [ExperimentGroup] {
    var groups: [ExperimentGroup] = []
    for (scope, runs) in scopes(of: runs) {
      let own = ScopeDivision(scope, runs).groups
      groups +=
        own.count > 1 && own.allSatisfy { $0.treated.isEmpty }
        ? [ExperimentGroup(recipes: own, of: scope)] : own
    }
    // A listed task that provides layers for another one need not be a target itself.
    var sources: Set<ReportEntry.Scope> = []
    for group in groups {
      guard case .listed = group.key.scope.tasks else { continue }
      for source in group.sources { sources.insert(group.key.scope.with(task: source)) }
    }
    groups.removeAll {
      $0.treated.isEmpty
        && ($0.key.scope.examples != nil
          || $0.recipes.isEmpty && sources.contains($0.key.scope))
    }
    return groups
  }

  /// The runs of each scope, in order of the first.
  static func scopes(
    of runs: [RunResult]
  ) -> [(scope: ReportEntry.Scope, runs: [RunResult])] {
    var scopes: [(scope: ReportEntry.Scope, runs: [RunResult])] = []
    var positions: [ReportEntry.Scope: Int] = [:]
    var cells: [Shared<ReportEntry.Cell>: Int] = [:]
    for run in runs {
      if let position = cells[run.cell] {
        scopes[position].runs.append(run)
        continue
      }
      let scope = run.cell.value.scope
      let position = positions[scope] ?? scopes.count
      positions[scope] = position
      cells[run.cell] = position
      if position == scopes.count { scopes.append((scope, [])) }
      scopes[position].runs.append(run)
    }
    return scopes
  }
}

extension ReportEntry.Scope {
  /// The same for another listed task.
  func with(task: String) -> ReportEntry.Scope {
    var scope = self
    scope.tasks = .listed(task)
    return scope
  }
}

extension [String: VariableValue] {
  /// Whether the two agree in all variables that both state.
  func agrees(with other: [String: VariableValue]) -> Bool {
    allSatisfy { name, value in
      guard let theirs = other[name], theirs != .unstated, value != .unstated else { return true }
      return theirs == value
    }
  }

  /// `lr 0.02, solver high`: by name; settings in words.
  var text: String {
    sorted { $0.key < $1.key }.map { SettingText($0.key).phrase($0.value) }
      .joined(separator: ", ")
  }
}
