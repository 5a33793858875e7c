import Basics
import Definitions
import Execution
import Planning

/// Records the speeds of stages as they finish, so that later plans can estimate times.
package struct SpeedObserver: ExecutionObserver {
  private let plan: [String: PlannedStage]
  private let speeds: StoreSpeeds
  private let next: any ExecutionObserver
  private let state = Guarded(State())

  private struct State {
    /// Speeds that have not been written yet, the latest of each kind of work.
    var measured: [(network: NetworkDefinition, speed: MeasuredSpeed)] = []
    var written: Double?
  }

  /// The minimum interval in seconds between writing speeds: a run may have thousands of short stages.
  private static let interval = 10.0

  /// - Parameter next: receives all events as well.
  package init(for plan: Plan, speeds: StoreSpeeds, next: any ExecutionObserver) {
    self.plan = Dictionary(plan.stages.map { ($0.name, $0) }) { first, _ in first }
    self.speeds = speeds
    self.next = next
  }

  package func receive(_ event: ExecutionEvent, at time: Double) {
    next.receive(event, at: time)
    switch event {
    case .runStarted: state.withLock { $0.written = time }
    case .runFinished: write(at: time)
    case .stageFinished(let name, .produced(let artifact, _)):
      guard let stage = plan[name] else { return }
      if let packed = StoreSpeeds.packingSpeed(artifact.record, of: stage) {
        // A speed that cannot be recorded only costs the next plan an estimate.
        try? speeds.note(packing: packed.rate, of: packed.work)
      }
      guard let measured = StoreSpeeds.speed(artifact.record, of: stage)
      else { return }
      let isDue = state.withLock { state in
        state.measured.removeAll {
          $0.speed.isOfSameWork(as: measured.speed) && $0.network == measured.network
        }
        state.measured.append(measured)
        return time - (state.written ?? -.infinity) >= SpeedObserver.interval
      }
      if isDue { write(at: time) }
    default: break
    }
  }

  private func write(at time: Double) {
    let measured = state.withLock { state in
      defer { state.measured = [] }
      state.written = time
      return state.measured
    }
    // A speed that cannot be recorded only costs the next plan an estimate.
    for (network, speed) in measured { try? speeds.note(speed, of: network) }
  }
}
