import Planning

/// The runs of one experiment, and what they have in common.
struct ExperimentGroup {
  /// Runs with equal keys are one experiment.
  struct Key: Hashable {
    var scope: ReportEntry.Scope
    /// The settings by which experiments of the scope differ; those that no run of this one depends on are left
    /// out.
    var conditions: [String: VariableValue]
  }

  let key: Key
  let bases: [RunResult]
  /// All other runs.
  let treated: [RunResult]

  /// Tasks other than the target that layers come from, by name.
  var sources: [String] {
    Set(treated.compactMap { $0.design.crossesTasks ? $0.design.source : nil }).sorted()
  }

  /// The groups of a study in the order of their first run, without those that are told of elsewhere:
  /// bases that only give layers, and bases with limits on their examples.
  static func groups(of runs: [RunResult]) -> [ExperimentGroup] {
    var order: [ReportEntry.Scope] = []
    var positions: [ReportEntry.Scope: [Int]] = [:]
    for (position, run) in runs.enumerated() {
      let scope = run.design.scope
      if positions[scope, default: []].isEmpty { order.append(scope) }
      positions[scope, default: []].append(position)
    }
    let groups = order.flatMap { scope in
      ScopeDivision(scope, (positions[scope] ?? []).map { runs[$0] }).groups
    }
    // A listed task that gives layers to another one need not be a target itself.
    var sources: Set<ReportEntry.Scope> = []
    for group in groups {
      guard case .listed = group.key.scope.tasks else { continue }
      for source in group.sources { sources.insert(group.key.scope.with(task: source)) }
    }
    return groups.filter {
      !$0.treated.isEmpty || $0.key.scope.examples == nil && !sources.contains($0.key.scope)
    }
  }

  /// The settings by which comparable runs differ anywhere.
  static func differingSettings(of runs: [RunResult]) -> Set<String> {
    var stated: [ReportEntry.Cell: CellSettings] = [:]
    for run in runs { stated[run.design.cell, default: CellSettings()].add(run) }
    return stated.values.reduce(into: []) { $0.formUnion($1.differing) }
  }
}

extension ReportEntry.Scope {
  /// The same of another listed task.
  func with(task: String) -> ReportEntry.Scope {
    var scope = self
    scope.tasks = .listed(task)
    return scope
  }
}

extension [String: VariableValue] {
  /// Whether no variable that both state has different values.
  func agrees(with other: [String: VariableValue]) -> Bool {
    allSatisfy { name, value in
      guard let theirs = other[name], theirs != .unstated, value != .unstated else { return true }
      return theirs == value
    }
  }

  /// `lr 0.02, solver high`: by name.
  var text: String {
    sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
