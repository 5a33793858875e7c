import Execution
import Planning

/// Records the speeds of stages as they finish, so that later plans can estimate times.
package struct SpeedObserver: ExecutionObserver {
  private let plan: [String: PlannedStage]
  private let speeds: StoreSpeeds
  private let next: any ExecutionObserver

  /// - Parameter next: receives all events as well.
  package init(for plan: Plan, speeds: StoreSpeeds, next: any ExecutionObserver) {
    self.plan = Dictionary(plan.stages.map { ($0.name, $0) }) { first, _ in first }
    self.speeds = speeds
    self.next = next
  }

  package func receive(_ event: ExecutionEvent, at time: Double) {
    next.receive(event, at: time)
    guard case .stageFinished(let name, .produced(let artifact, _)) = event,
      let stage = plan[name]
    else { return }
    // A speed that cannot be recorded only costs the next plan an estimate.
    try? speeds.note(artifact.record, of: stage)
  }
}
