import Basics

/// What a store answers when asked for a stage's record or artifact.
package enum Lookup<Content: Sendable>: Sendable {
  case found(Content)
  /// The stage has never been finished here.
  case absent
  /// It has been, but what is left cannot be used: the stage has to run again.
  case unusable(ArtifactDamage)
}

extension Lookup: Equatable where Content: Equatable {}

/// Why a finished stage cannot be used.
package enum ArtifactDamage: Error, Hashable, Sendable {
  /// The record was written by a program with another idea of records.
  case recordOfOtherFormat(Int)
  /// The record is not what was written.
  case recordDamaged(String)
  /// The file of an output is not there.
  case outputMissing(String)
  /// The file of an output has another size than it was recorded with.
  case outputResized(String, expected: Int, found: Int)
  /// The content of an output is not what was recorded.
  case outputAltered(String)
  /// The content of an output is what was recorded, but not what such an output is, for this reason.
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
