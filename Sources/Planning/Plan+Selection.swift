import Basics

extension Plan {
  /// The named stages and everything they are made from, in the plan's order.
  ///
  /// - Parameter patterns: stage names, in which `*` stands for any characters.
  /// - Throws: `DiagnosticError` for each pattern that matches no stage.
  package func selecting(_ patterns: [String]) throws -> Plan {
    var wanted = try names(matching: patterns)
    for stage in stages.reversed() where wanted.contains(stage.name) {
      wanted.formUnion(stage.inputs.map(\.stage))
    }
    var plan = self
    plan.stages = stages.filter { wanted.contains($0.name) }
    return plan
  }

  /// The names of the stages that patterns stand for.
  ///
  /// - Throws: `DiagnosticError` for each pattern that matches no stage.
  package func names(matching patterns: [String]) throws -> Set<String> {
    var wanted: Set<String> = []
    var diagnostics: [Diagnostic] = []
    for pattern in patterns {
      let matching = stages.map(\.name).filter { NamePattern(pattern).matches($0) }
      wanted.formUnion(matching)
      if matching.isEmpty {
        diagnostics.append(
          .error(
            "no stage is called '\(pattern)'",
            notes: Diagnostic.Note.nearest(to: pattern, among: stages.map(\.name))))
      }
    }
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
    return wanted
  }
}

/// A name in which `*` stands for any characters, none included.
package struct NamePattern: Sendable {
  private let parts: [[Character]]

  package init(_ pattern: String) {
    parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(Array.init)
  }

  package func matches(_ name: String) -> Bool {
    let name = Array(name)
    guard parts.count > 1 else { return name == parts[0] }
    guard name.starts(with: parts[0]) else { return false }
    var position = parts[0].count
    // Each middle part at its first place: an earlier match never spoils a later one.
    for part in parts[1..<parts.count - 1] {
      guard
        let found = (position...max(position, name.count)).first(where: {
          name[min($0, name.count)...].starts(with: part)
        })
      else { return false }
      position = found + part.count
    }
    let last = parts[parts.count - 1]
    return name.count - position >= last.count && name.suffix(last.count).elementsEqual(last)
  }
}
