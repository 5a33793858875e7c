import ArtifactStore
import Basics
import Planning

/// Who performs the stages that a run hands out: threads of this process (`LocalPerformer`), or jobs of a cluster.
///
/// The executor decides which stage comes next and what its inputs are, and notes how each ended; a performer sees to
/// it that the work is done, by whatever claims the stage, and reports what came of it. It is used by one thread.
package protocol StagePerformer: AnyObject {
  /// What it would take on now; `nil` where it is busy.
  var room: StageRoom? { get }
  /// Whether no report is to come.
  var isIdle: Bool { get }
  /// Takes on a stage, without waiting for it. Stages that are handed out between two calls of `next` can start
  /// together: they may be performed as a group.
  ///
  /// A stage that cannot be started is reported as failed.
  ///
  /// - Parameter ready: how many stages could start now, this one included.
  func start(_ turn: StageTurn, among ready: Int)
  /// Waits for the next report, but not longer than so many seconds.
  ///
  /// - Returns: `nil` where none came in time.
  func next(within seconds: Double) -> StageReport?
}

/// What a performer has room for.
package struct StageRoom: Hashable, Sendable {
  /// Bytes that a stage may take by its price; `nil` for any.
  package var memory: Int?

  package init(memory: Int? = nil) { self.memory = memory }
}

/// A stage that can start: all that it reads is there.
package struct StageTurn: Sendable {
  /// Its position in the plan, and the number of its turn, counted from 1 in the order in which turns begin.
  package let index: Int
  package let number: Int
  package let stage: PlannedStage
  package let reason: RunReason
  /// The artifacts that it reads, by role.
  package let inputs: [String: StoredArtifact]
  /// The artifact of another stage of the run with the same fingerprint.
  package let twin: StoredArtifact?
}

/// What came of a stage's turn.
package struct StageReport: Sendable {
  package enum Result: Sendable {
    case ended(StageOutcome)
    /// Another run computes the stage at the moment.
    case held(by: ClaimHolder?)
    /// The artifacts of these roles cannot be used; they have been set aside.
    case inputsDamaged([String: ArtifactDamage])
  }

  package var turn: StageTurn
  package var result: Result

  package init(_ turn: StageTurn, _ result: Result) {
    self.turn = turn
    self.result = result
  }
}

/// What a run gives its performer to work with.
package struct StageDesk: Sendable {
  package let pipeline: String
  package let store: Store
  package let options: ExecutionOptions
  /// The version of the program, for records.
  package let version: String
  package let time: any TimeSource
  package let stop: StopSignal
  let log: RunLog
  let claims: ClaimKeeper
  let check: InputCheck

  /// Passes an event of a stage on: a start, or progress. How it ends is reported by the executor.
  package func post(_ event: ExecutionEvent) { log.post(event) }

  /// Reports something that went wrong without changing a result.
  package func warn(_ error: DiagnosticError) { log.warn(error) }

  /// A stage's failure; its circumstances are written down, and the store remembers it.
  package func failure(
    of stage: PlannedStage, _ error: DiagnosticError, threads: Int
  ) -> StageOutcome {
    let past = PastFailure(
      run: log.run, time: time.now, cause: error.cause, messages: error.diagnostics.map(\.message))
    do throws(DiagnosticError) { try store.note(.failed(past), of: stage.fingerprint) } catch {
      log.warn(error)
    }
    return .failed(
      StageFailure(
        of: stage.fingerprint, error: error,
        log: log.writeFailure(of: stage, error, threads: threads)))
  }
}
