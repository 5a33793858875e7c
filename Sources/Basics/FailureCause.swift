import Glibc

/// Why something failed, for those who decide by it or count it; the messages are for people.
package enum FailureCause: Hashable, Sendable {
  /// Numbers of a training run went beyond what can be computed with, in this step (from 1).
  case diverged(iteration: Int)
  /// A disk is full, or a quota.
  case outOfSpace
  /// More memory was asked for than there is, or than a limit leaves.
  case outOfMemory
  /// What was read is not as it was written, or the disk does not give it.
  case damagedInput
  /// What was read is as it was written, and still not what its reader can use.
  case unusableInput
  /// Anything else.
  case other
}

extension FailureCause {
  /// - Parameter systemReason: the number that a call of the operating system has failed with.
  package init(systemReason: Int32) {
    self =
      switch systemReason {
      case ENOSPC, EDQUOT: .outOfSpace
      case ENOMEM: .outOfMemory
      case EIO, EBADMSG, EUCLEAN, ENODATA, EREMOTEIO, EILSEQ: .damagedInput
      default: .other
      }
  }
}

extension FailureCause: CustomStringConvertible {
  package var description: String {
    switch self {
    case .diverged(let iteration): "diverged at iteration \(grouped(iteration))"
    case .outOfSpace: "out of disk space"
    case .outOfMemory: "out of memory"
    case .damagedInput: "damaged input"
    case .unusableInput: "unusable input"
    case .other: "other"
    }
  }
}

extension FailureCause: ValueConvertible {
  /// `{"why": "diverged", "iteration": 12}`; the others have no further keys: `out-of-space`, `out-of-memory`,
  /// `damaged-input`, `unusable-input`, `other`.
  package var value: Value {
    switch self {
    case .diverged(let iteration): ["why": "diverged", "iteration": .integer(iteration)]
    case .outOfSpace: ["why": "out-of-space"]
    case .outOfMemory: ["why": "out-of-memory"]
    case .damagedInput: ["why": "damaged-input"]
    case .unusableInput: ["why": "unusable-input"]
    case .other: ["why": "other"]
    }
  }

  /// Reads what `value` gave; `nil` for anything else.
  package init?(_ value: Value) {
    switch value["why"]?.asString {
    case "diverged":
      guard let iteration = value["iteration"]?.asInteger else { return nil }
      self = .diverged(iteration: iteration)
    case "out-of-space": self = .outOfSpace
    case "out-of-memory": self = .outOfMemory
    case "damaged-input": self = .damagedInput
    case "unusable-input": self = .unusableInput
    case "other": self = .other
    default: return nil
    }
  }
}
