import ArtifactStore
import Basics
import Planning
import SystemPackage

/// How a stage of a run ended.
package enum StageOutcome: Sendable {
  /// The artifact was in the store, or another stage of the run with the same fingerprint made it.
  case reused(StoredArtifact)
  case produced(StoredArtifact, because: RunReason)
  case failed(StageFailure)
  /// It could not start, since the named stage did not end well.
  case skipped(blockedBy: String)
  /// It gave up its work, since the run was asked to stop.
  case stopped
  /// The run ended before its turn came.
  case notStarted

  /// In which way it ended.
  package var ending: StageEnding {
    switch self {
    case .reused: .reused
    case .produced: .produced
    case .failed: .failed
    case .skipped: .skipped
    case .stopped: .stopped
    case .notStarted: .notStarted
    }
  }

  /// The artifact, where the stage has one now.
  package var artifact: StoredArtifact? {
    switch self {
    case .reused(let artifact), .produced(let artifact, _): artifact
    case .failed, .skipped, .stopped, .notStarted: nil
    }
  }
}

/// What went wrong with a stage.
package struct StageFailure: Sendable {
  /// The stage's fingerprint: after an edit it is another.
  package var fingerprint: Fingerprint
  package var error: DiagnosticError
  /// What those go by who count failures or decide by them.
  package var cause: FailureCause { error.cause }
  /// Where the circumstances were written down; `nil` where they could not be.
  package var log: FilePath?

  package init(of fingerprint: Fingerprint, error: DiagnosticError, log: FilePath?) {
    self.fingerprint = fingerprint
    self.error = error
    self.log = log
  }
}

/// How a run ended.
package struct RunSummary: Sendable {
  /// Each stage of the plan, in its order.
  package struct Entry: Sendable {
    package var stage: String
    package var outcome: StageOutcome
  }

  /// The run's name, with which its logs begin.
  package var run: String
  package var entries: [Entry]
  /// How long the run took.
  package var seconds: Double
  /// Whether the run was asked to stop.
  package var wasStopped: Bool

  package func outcome(of stage: String) -> StageOutcome? {
    entries.first { $0.stage == stage }?.outcome
  }

  /// Whether every stage has its artifact.
  package var isComplete: Bool { entries.allSatisfy { $0.outcome.artifact != nil } }

  /// How many stages ended in each way.
  package var counts: [StageEnding: Int] {
    var counts = Dictionary(uniqueKeysWithValues: StageEnding.allCases.map { ($0, 0) })
    for entry in entries { counts[entry.outcome.ending, default: 0] += 1 }
    return counts
  }
}
