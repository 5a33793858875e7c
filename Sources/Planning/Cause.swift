import Basics

/// Where a change begins that reaches a stage, by itself or through its inputs.
package struct Cause: Hashable, Sendable {
  /// The stages from an input of the explained stage up to the one where the change begins; empty where
  /// it begins at the explained stage itself. Long paths have `…` in the middle.
  package var path: [String]
  package var root: RootCause

  package init(path: [String], root: RootCause) {
    self.path = path
    self.root = root
  }
}

/// What has changed at the stage where a change begins.
package enum RootCause: Hashable, Sendable {
  case settingsChanged([ValueChange])
  /// The code computes it otherwise than it did.
  case revisionChanged(old: Int, new: Int)
  /// A file of weights has another content.
  case weightsChanged(file: String)
  /// Another stage than before is read in a role.
  case inputReplaced(role: String, old: String, new: String)
  /// Nothing was read in this role before.
  case inputAdded(role: String, stage: String)
  /// What was read before is not in the store any more: what is different cannot be told.
  case untold
}

extension Cause {
  /// Paths of more stages are cut in the middle: a chain of thousands of transfers has a beginning and
  /// an end that matter.
  private static let longestPath = 40

  /// The same cause, seen from a stage further on that reads `stage`.
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
    case .inputReplaced(let role, let old, let new):
      ["why": "input-replaced", "role": .string(role), "old": .string(old), "new": .string(new)]
    case .inputAdded(let role, let stage):
      ["why": "input-added", "role": .string(role), "new": .string(stage)]
    case .untold:
      ["why": "untold"]
    }
  }
}
