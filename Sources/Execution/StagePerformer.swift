import ArtifactStore
import Basics
import Planning

/// Performs the stages that a run hands out: threads of this process (`LocalPerformer`), or jobs of a cluster.
///
/// The executor decides which stage comes next and what its inputs are, and records the outcomes. A performer has the
/// work done by a process that claims the stage, and reports the result. It is used by one thread.
package protocol StagePerformer: AnyObject {
  /// The resources it currently offers; `nil` if it is busy.
  var room: StageRoom? { get }
  /// Whether no report is pending.
  var isIdle: Bool { get }
  /// Accepts a stage, without waiting for it. Stages handed out between two calls of `next` can start together, so
  /// they may be performed as a group.
  ///
  /// A stage that cannot be started is reported as failed.
  ///
  /// - Parameter ready: the number of stages that could start now, including this one.
  func start(_ turn: StageTurn, among ready: Int)
  /// Waits for the next report, at most for the given time.
  ///
  /// - Returns: `nil` if none arrived in time, or there may be room for another stage.
  func next(within seconds: Double) -> StageReport?
}

/// The resources offered by a performer.
package struct StageRoom: Hashable, Sendable {
  /// The memory in bytes that a stage may use, by its estimate; `nil` for no limit.
  package var memory: Int?
  /// Stages that have been computed, and whose results are being written, by their positions in the plan. What waits for
  /// them alone is about to be ready.
  package var publishing: [Int]

  package init(memory: Int? = nil, publishing: [Int] = []) {
    self.memory = memory
    self.publishing = publishing
  }
}

/// A stage that can start: all of its inputs are available.
package struct StageTurn: Sendable {
  /// Its position in the plan, and the number of its turn, counted from 1 in starting order.
  package let index: Int
  package let number: Int
  package let stage: PlannedStage
  package let reason: RunReason
  /// The artifacts that it reads, by role.
  package let inputs: [String: StoredArtifact]
  /// The artifact of another stage of the run with the same fingerprint.
  package let twin: StoredArtifact?
}

/// The result of a stage's turn.
package struct StageReport: Sendable {
  package enum Result: Sendable {
    case ended(StageOutcome)
    /// Another run is computing the stage.
    case held(by: ClaimHolder?)
    /// The artifacts of these roles cannot be used, and have been set aside.
    case inputsDamaged([String: ArtifactDamage])
  }

  package var turn: StageTurn
  package var result: Result

  package init(_ turn: StageTurn, _ result: Result) {
    self.turn = turn
    self.result = result
  }
}

/// The environment that a run provides for its performer.
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

  /// Forwards an event of a stage: a start, or progress. The executor reports its end.
  package func post(_ event: ExecutionEvent) { log.post(event) }

  /// Reports a problem that does not affect results.
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
