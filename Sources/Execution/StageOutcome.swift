import ArtifactStore
import Basics
import Planning
import SystemPackage

/// The outcome of a stage in a run.
package enum StageOutcome: Sendable {
  /// The artifact was in the store, or another stage of the run with the same fingerprint produced it.
  case reused(StoredArtifact)
  case produced(StoredArtifact, because: RunReason)
  case failed(StageFailure)
  /// It could not start, since the named stage did not succeed.
  case skipped(blockedBy: String)
  /// It stopped because the run was asked to stop, with so much of its work in the store.
  case stopped(SavedWork)
  /// The run ended before it started.
  case notStarted

  /// The type of outcome.
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

  /// The artifact, if the stage has one now.
  package var artifact: StoredArtifact? {
    switch self {
    case .reused(let artifact), .produced(let artifact, _): artifact
    case .failed, .skipped, .stopped, .notStarted: nil
    }
  }
}

/// The failure of a stage.
package struct StageFailure: Sendable {
  /// The fingerprint of the stage, which changes after an edit.
  package var fingerprint: Fingerprint
  package var error: DiagnosticError
  /// The cause, for code that counts failures or reacts to them.
  package var cause: FailureCause { error.cause }
  /// The path of the failure report; `nil` if it could not be written.
  package var log: FilePath?

  package init(of fingerprint: Fingerprint, error: DiagnosticError, log: FilePath?) {
    self.fingerprint = fingerprint
    self.error = error
    self.log = log
  }
}

/// The result of a run.
package struct RunSummary: Sendable {
  /// A stage of the plan with its outcome; entries are in plan order.
  package struct Entry: Sendable {
    package var stage: String
    package var outcome: StageOutcome
  }

  /// The name of the run, with which the names of its logs begin.
  package var run: String
  package var entries: [Entry]
  /// The duration of the run.
  package var seconds: Double
  /// Whether the run was asked to stop.
  package var wasStopped: Bool

  package func outcome(of stage: String) -> StageOutcome? {
    entries.first { $0.stage == stage }?.outcome
  }

  /// Whether every stage has an artifact.
  package var isComplete: Bool { entries.allSatisfy { $0.outcome.artifact != nil } }

  /// The number of stages by outcome.
  package var counts: [StageEnding: Int] {
    var counts = Dictionary(uniqueKeysWithValues: StageEnding.allCases.map { ($0, 0) })
    for entry in entries { counts[entry.outcome.ending, default: 0] += 1 }
    return counts
  }
}
