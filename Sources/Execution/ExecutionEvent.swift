import ArtifactStore
import Basics
import Planning

/// Something that happens in a run.
package enum ExecutionEvent: Sendable {
  /// The first event: how many stages the plan has, and how many of them have no artifact yet.
  case runStarted(run: String, pipeline: String, stages: Int, toRun: Int)
  /// Another run on the same store computes the stage; `nil` where it does not tell which. The stage starts
  /// when that one gives it up, and is reused when it finishes it. Follows a start where the other run has taken
  /// the stage over from this one.
  case stageWaiting(String, for: ClaimHolder?)
  /// What the store has of the stage cannot be used, and was set aside: it runs again, though it may have
  /// been told to be reused.
  case stageDamaged(String, ArtifactDamage)
  case stageStarted(String, StageKind, because: RunReason, threads: Int)
  case stageProgress(String, StageProgress)
  /// Also for stages that never started; each stage of the plan has one such event, and another one where
  /// it was reused at first and found damaged later.
  case stageFinished(String, StageOutcome)
  /// Something went wrong that changes no result, such as a log that cannot be written.
  case warning(Diagnostic)
  /// The last event.
  case runFinished(RunSummary)
}

/// Watches a run.
package protocol ExecutionObserver: Sendable {
  /// Called for one event after the other, from changing threads.
  ///
  /// - Parameter time: seconds since 1970.
  func receive(_ event: ExecutionEvent, at time: Double)
}
