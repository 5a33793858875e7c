import Basics
import Planning

/// Something that happens in a run.
package enum ExecutionEvent: Sendable {
  /// The first event: how many stages the plan has, and how many of them have no artifact yet.
  case runStarted(run: String, pipeline: String, stages: Int, toRun: Int)
  case stageStarted(String, StageKind, because: RunReason, threads: Int)
  case stageProgress(String, StageProgress)
  /// Also for stages that never started; each stage of the plan has one such event.
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
