import Glibc

/// The cause of a failure, for code that counts failures or reacts to them; messages are for people.
package enum FailureCause: Hashable, Sendable {
  /// Values of a training run became non-finite at this step (from 1).
  case diverged(iteration: Int)
  /// A disk or a quota is full.
  case outOfSpace
  /// More memory was requested than exists, or than a limit allows.
  case outOfMemory
  /// An input has changed since it was written, or the disk cannot read it.
  case damagedInput
  /// An input is intact, but its reader cannot use it.
  case unusableInput
  /// Anything else.
  case other
}

extension FailureCause {
  /// - Parameter systemReason: the error number of a failed system call.
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

extension FailureCause {
  /// Whether the machine failed, rather than what it was asked to do being wrong.
  package var isOfMachine: Bool {
    switch self {
    case .outOfSpace, .outOfMemory, .damagedInput: true
    case .diverged, .unusableInput, .other: false
    }
  }

  /// Whether the same work fails again for this cause, so that a retry is of no use.
  package var recurs: Bool {
    switch self {
    case .diverged, .unusableInput: true
    case .outOfSpace, .outOfMemory, .damagedInput, .other: false
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
  /// `{"why": "diverged", "iteration": 12}`; other causes have no further keys: `out-of-space`, `out-of-memory`,
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

  /// Reads the output of `value`; `nil` for anything else.
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
