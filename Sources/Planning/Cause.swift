import Basics

/// The origin of a change that affects a stage, directly or through its inputs.
package struct Cause: Hashable, Sendable {
  /// The stages from an input of the explained stage to the one where the change originates; empty if it originates
  /// at the explained stage itself. Long paths have `…` in the middle.
  package var path: [String]
  package var root: RootCause

  package init(path: [String], root: RootCause) {
    self.path = path
    self.root = root
  }
}

/// What changed at the stage where a change originates.
package enum RootCause: Hashable, Sendable {
  case settingsChanged([ValueChange])
  /// The code computes it differently now.
  case revisionChanged(old: Int, new: Int)
  /// The content of a file of weights changed.
  case weightsChanged(file: String)
  /// A dataset's content has changed; in which files, if the store knows.
  case dataChanged(DataChange?)
  /// A role is now read from a different stage.
  case inputReplaced(role: String, old: String, new: String)
  /// Nothing was read in this role before.
  case inputAdded(role: String, stage: String)
  /// The previous input is no longer in the store, so the difference is unknown.
  case untold
}

extension Cause {
  /// Longer paths are cut in the middle: only the beginning and the end of a chain of thousands of transfers matter.
  private static let longestPath = 40

  /// The same cause, seen from a downstream stage that reads `stage`.
  func passing(through stage: String) -> Cause {
    var path = [stage] + path
    if path.count > Cause.longestPath {
      path = path.prefix(Cause.longestPath / 2) + ["…"] + path.suffix(Cause.longestPath / 2 - 1)
    }
    return Cause(path: path, root: root)
  }
}

// MARK: - Text and JSON

extension Cause: CustomStringConvertible {
  /// `A3B ← base-A: solver.momentum 0.9 → 0.8`
  package var description: String {
    guard !path.isEmpty else { return root.description }
    return "\(path.map(printable).joined(separator: " ← ")): \(root)"
  }
}

extension RootCause: CustomStringConvertible {
  package var description: String {
    switch self {
    case .settingsChanged(let changes): return ValueChange.brief(changes)
    case .revisionChanged(let old, let new): return "code revision \(old) → \(new)"
    case .weightsChanged(let file): return "weights file \(printable(file)) changed"
    case .dataChanged(let change):
      return "its data has changed" + (change.map { $0.isEmpty ? "" : ": \($0)" } ?? "")
    case .inputReplaced(let role, let old, let new):
      return "\(role) \(printable(old)) → \(printable(new))"
    case .inputAdded(let role, let stage): return "\(role) nothing → \(printable(stage))"
    case .untold: return "changed"
    }
  }
}

extension Cause: ValueConvertible {
  package var value: Value {
    ["path": .list(path.map(Value.string)), "root": root.value, "text": .string(description)]
  }
}

extension RootCause: ValueConvertible {
  package var value: Value {
    switch self {
    case .settingsChanged(let changes):
      ["why": "settings-changed", "changes": .list(changes.map(\.value))]
    case .revisionChanged(let old, let new):
      ["why": "revision-changed", "old": .integer(old), "new": .integer(new)]
    case .weightsChanged(let file):
      ["why": "weights-changed", "file": .string(file)]
    case .dataChanged(let change):
      ["why": "data-changed", "files": change?.value ?? .null]
    case .inputReplaced(let role, let old, let new):
      ["why": "input-replaced", "role": .string(role), "old": .string(old), "new": .string(new)]
    case .inputAdded(let role, let stage):
      ["why": "input-added", "role": .string(role), "new": .string(stage)]
    case .untold:
      ["why": "untold"]
    }
  }
}
