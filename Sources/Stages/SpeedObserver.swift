import Execution
import Planning

/// Notes how fast stages were as a run finishes them, so that later plans can tell how long they take.
package struct SpeedObserver: ExecutionObserver {
  private let plan: [String: PlannedStage]
  private let speeds: StoreSpeeds
  private let next: any ExecutionObserver

  /// - Parameter next: is told everything as well.
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
    // A speed that cannot be noted costs the next plan an estimate, and nothing else.
    try? speeds.note(artifact.record, of: stage)
  }
}
