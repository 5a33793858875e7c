import Basics

/// The result of looking up a stage's record or artifact.
package enum Lookup<Content: Sendable>: Sendable {
  case found(Content)
  /// The stage has never finished in this store.
  case absent
  /// The stage has finished, but its artifact cannot be used: it has to run again.
  case unusable(ArtifactDamage)
}

extension Lookup: Equatable where Content: Equatable {}

/// Why the artifact of a finished stage cannot be used.
package enum ArtifactDamage: Error, Hashable, Sendable {
  /// The record has another format.
  case recordOfOtherFormat(Int)
  /// The record has changed since it was written.
  case recordDamaged(String)
  /// The file of an output is missing.
  case outputMissing(String)
  /// The size of an output's file differs from the record.
  case outputResized(String, expected: Int, found: Int)
  /// The content of an output differs from the record.
  case outputAltered(String)
  /// The content of an output matches the record, but is not usable, for this reason.
  case outputUnusable(String, String)
  /// The content of an output cannot be read, for this reason.
  case outputUnreadable(String, String)
}

extension ArtifactDamage {
  static let recordOfAnotherStage = ArtifactDamage.recordDamaged("it belongs to another stage")

  static func recordUnreadable(_ error: DiagnosticError) -> ArtifactDamage {
    .recordDamaged(error.diagnostics.first?.message ?? "it cannot be read")
  }
}

extension DiagnosticError {
  /// An output of a finished stage differs from its record, which was found while it was read for something else than a run.
  package static func damagedOutput(_ name: String, of record: StageRecord) -> DiagnosticError {
    DiagnosticError(
      "'\(name)' of stage '\(record.stage)' is damaged",
      notes: [.init("the next run recomputes it")], cause: .damagedInput)
  }
}

extension ArtifactDamage: CustomStringConvertible {
  package var description: String {
    switch self {
    case .recordOfOtherFormat(let format):
      "its record has format \(format), which this program does not read"
    case .recordDamaged(let problem): "its record is damaged: \(problem)"
    case .outputMissing(let name): "its output '\(name)' is missing"
    case .outputResized(let name, let expected, let found):
      "its output '\(name)' has \(found) bytes instead of \(expected)"
    case .outputUnreadable(let name, let reason): "its output '\(name)' cannot be read: \(reason)"
    case .outputUnusable(let name, let reason): "its output '\(name)' is unusable: \(reason)"
    case .outputAltered(let name): "the content of its output '\(name)' has changed"
    }
  }
}
