import Basics

extension RunReason: CustomStringConvertible {
  /// The reason in a few words, as the plan's table shows it.
  package var description: String {
    switch self {
    case .neverRun:
      return "never run"
    case .settingsChanged(let changes):
      let first = changes[0]
      let more = changes.count > 1 ? " and \(changes.count - 1) more" : ""
      return "\(first)\(more)"
    case .inputsChanged(let stages):
      return "input changed: \(stages.joined(separator: ", "))"
    case .weightsChanged(let file):
      return "weights file \(printable(file)) changed"
    case .revisionChanged(let old, let new):
      return "code revision \(old) → \(new)"
    case .artifactMissing(let what):
      return "artifact missing: \(what)"
    case .forced:
      return "forced"
    }
  }

  /// The reason's name in JSON.
  package var keyword: String {
    switch self {
    case .neverRun: "never-run"
    case .settingsChanged: "settings-changed"
    case .inputsChanged: "inputs-changed"
    case .weightsChanged: "weights-changed"
    case .revisionChanged: "revision-changed"
    case .artifactMissing: "artifact-missing"
    case .forced: "forced"
    }
  }
}

extension ValueChange: CustomStringConvertible {
  /// `solver.momentum 0.9 → 0.5`
  package var description: String { "\(path) \(brief(old)) → \(brief(new))" }

  /// Longer values are cut: the table has a line a stage.
  private func brief(_ value: Value?) -> String {
    guard let value else { return "nothing" }
    if case .string(let text) = value { return printable(text) }
    let text = value.json()
    return text.count <= 40 ? text : text.prefix(39) + "…"
  }
}
