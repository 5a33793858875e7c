import ArtifactStore
import Basics
import Planning

/// An event of a run.
package enum ExecutionEvent: Sendable {
  /// The first event: the number of stages in the plan, and how many of them have no artifact yet. `settings` are the
  /// parameters that the user has overridden, as given: `rate=0.5`.
  ///
  /// Of `waiting` more it is open whether they run.
  case runStarted(
    run: String, pipeline: String, settings: [String], stages: Int, toRun: Int, waiting: Int = 0)
  /// It has been decided which of the stages that were left open run: how many stages run from here on.
  case stagesDecided(toRun: Int, of: Int)
  /// Another run on the same store computes the stage; `nil` if it is unknown which. The stage starts if that run
  /// gives it up, and is reused if that run finishes it. Follows a start if the other run has taken the stage over
  /// from this one.
  case stageWaiting(String, for: ClaimHolder?)
  /// The stage's artifact cannot be used and was set aside: the stage runs again, although it may have been reported
  /// as reused.
  case stageDamaged(String, ArtifactDamage)
  case stageStarted(String, StageKind, because: RunReason, threads: Int)
  case stageProgress(String, StageProgress)
  /// Also for stages that never started. Each stage of the plan has one such event, and a second one if it was first
  /// reused and later found damaged.
  case stageFinished(String, StageOutcome)
  /// A problem that does not affect results, such as a log that cannot be written.
  case warning(Diagnostic)
  /// The last event.
  case runFinished(RunSummary)
}

/// Observes a run.
package protocol ExecutionObserver: Sendable {
  /// Called for each event in order, from changing threads.
  ///
  /// - Parameter time: seconds since 1970.
  func receive(_ event: ExecutionEvent, at time: Double)
}
