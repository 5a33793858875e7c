import Basics

extension Plan {
  /// The named stages and everything upstream of them, in the order of the plan.
  ///
  /// - Parameter patterns: stage names, in which `*` matches any characters.
  /// - Throws: `DiagnosticError` for each pattern that matches no stage.
  package func selecting(_ patterns: [String]) throws -> Plan {
    selecting(try names(matching: patterns))
  }

  /// The stages of these names and everything upstream of them, in the order of the plan.
  package func selecting(_ names: Set<String>) -> Plan {
    var wanted = names
    for stage in stages.reversed() where wanted.contains(stage.name) {
      wanted.formUnion(stage.inputs.map(\.stage))
    }
    var plan = self
    plan.stages = stages.filter { wanted.contains($0.name) }
    return plan
  }

  /// The stage with a name.
  ///
  /// - Throws: `DiagnosticError` with the nearest name if there is none.
  package func stage(named name: String) throws -> PlannedStage {
    guard let stage = stages.first(where: { $0.name == name }) else {
      throw DiagnosticError(
        "no stage is called '\(name)'",
        notes: Diagnostic.Note.nearestOrAll(to: name, among: stages.map(\.name)))
    }
    return stage
  }

  /// The names of the stages that match patterns.
  ///
  /// - Throws: `DiagnosticError` for each pattern that matches no stage.
  package func names(matching patterns: [String]) throws -> Set<String> {
    try Plan.names(matching: patterns, among: stages.map(\.name))
  }

  static func names(matching patterns: [String], among names: [String]) throws -> Set<String> {
    var wanted: Set<String> = []
    var diagnostics: [Diagnostic] = []
    for pattern in patterns {
      let matching = names.filter { NamePattern(pattern).matches($0) }
      wanted.formUnion(matching)
      if matching.isEmpty {
        diagnostics.append(
          .error(
            "no stage is called '\(pattern)'",
            notes: Diagnostic.Note.nearestOrAll(to: pattern, among: names)))
      }
    }
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
    return wanted
  }
}
