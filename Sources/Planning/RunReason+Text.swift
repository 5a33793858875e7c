import ArtifactStore
import Basics

extension RunReason: CustomStringConvertible {
  /// The reason in a few words, as the plan's table shows it.
  package var description: String {
    switch self {
    case .neverRun:
      return "never run"
    case .failed(let failure, let ago):
      return "failed \(age(seconds: ago)) ago: \(failure.brief)"
    case .unfinished(let iteration):
      return iteration.map { "unfinished; resumes from iteration \(grouped($0))" } ?? "unfinished"
    case .started(let ago):
      return "started \(age(seconds: ago)) ago, nothing saved"
    case .recordGone:
      return "changed since its latest run, whose record is gone"
    case .settingsChanged(let changes):
      return ValueChange.brief(changes)
    case .inputsChanged(let stages, let causes):
      // Which stage it is that changed is told by the path; without one, by the input.
      guard let first = causes.first else {
        return "input changed: \(stages.map(printable).joined(separator: ", "))"
      }
      return causes.count > 1 ? "\(first); \(causes.count - 1) more" : "\(first)"
    case .dataChanged(let change):
      return "\(RootCause.dataChanged(change))"
    case .weightsChanged(let file):
      return "weights file \(printable(file)) changed"
    case .revisionChanged(let old, let new):
      return "code revision \(old) → \(new)"
    case .artifactMissing(let what):
      return "result unusable: \(what)"
    case .removed(let ago):
      return ago.map { "removed \(age(seconds: $0)) ago" } ?? "removed from the store"
    case .forced:
      return "forced"
    case .imagesMayDiffer:
      return "reruns only if the images differ"
    }
  }

  /// The reason's name in JSON.
  package var keyword: String {
    switch self {
    case .neverRun: "never-run"
    case .failed: "failed"
    case .unfinished: "unfinished"
    case .started: "started"
    case .recordGone: "record-gone"
    case .settingsChanged: "settings-changed"
    case .inputsChanged: "inputs-changed"
    case .dataChanged: "data-changed"
    case .weightsChanged: "weights-changed"
    case .revisionChanged: "revision-changed"
    case .artifactMissing: "artifact-missing"
    case .removed: "removed"
    case .forced: "forced"
    case .imagesMayDiffer: "images-may-differ"
    }
  }
}

extension PastFailure {
  /// What fits into a line of a table.
  fileprivate var brief: String {
    let text = description
    return text.count <= 80 ? text : text.prefix(79) + "…"
  }
}

extension ValueChange: CustomStringConvertible {
  /// The first of some changes, and how many more there are.
  static func brief(_ changes: [ValueChange]) -> String {
    let lines = lines(changes)
    guard let first = lines.first else { return "" }
    return lines.count > 1 ? "\(first) and \(lines.count - 1) more" : first
  }

  /// Changes of a stage's settings, one per line, those of a report's runs together.
  static func lines(_ changes: [ValueChange]) -> [String] {
    var lines: [String] = []
    var runs: Set<Substring> = []
    for change in changes {
      let parts = change.path.split(separator: ".", maxSplits: 2)
      guard parts.first == Substring(ReportWork.runsSetting) else {
        lines.append("\(change)")
        continue
      }
      if parts.count > 1 {
        runs.insert(parts[1])
      } else {
        let counts = [change.old, change.new].map { $0?.asList?.count ?? 0 }
        lines.append("reported runs \(grouped(counts[0])) → \(grouped(counts[1]))")
      }
    }
    if !runs.isEmpty { lines.append("\(counted(runs.count, "reported run")) changed") }
    return lines
  }

  /// `solver.momentum 0.9 → 0.5`: the setting as the file has it.
  package var description: String {
    let unstated = SettingPath.defaultValue(path)
    return "\(SettingPath.inFile(path)) \(brief(old ?? unstated)) → \(brief(new ?? unstated))"
  }

  /// Longer values are cut: the table has a line a stage.
  private func brief(_ value: Value?) -> String {
    guard let value else { return "nothing" }
    if case .string(let text) = value {
      return printable(text.count <= 40 ? text : text.prefix(39) + "…")
    }
    let text = value.json()
    guard text.count > 40 else { return printable(text) }
    switch value {
    case .list(let elements): return "\(elements.count) items"
    case .map(let entries): return "\(entries.count) entries"
    default: return printable(String(text.prefix(39))) + "…"
    }
  }
}
