import Basics
import Planning

/// Performs stages on threads of this process, as many in parallel as the options allow. They share its threads and
/// memory. While the results of one are written to the disk, the next ones compute.
final class LocalPerformer: StagePerformer {
  private let desk: StageDesk
  private let runners: StageRunners
  private var running: RunningStages
  private var group = ThreadGroup<News>()
  /// Reports of stages that could not be started.
  private var reports: [StageReport] = []

  private enum News: Sendable {
    case activity(StageActivity, index: Int)
    case end(StageReport)
  }

  init(_ runners: StageRunners, at desk: StageDesk) {
    self.runners = runners
    self.desk = desk
    running = RunningStages(desk.options)
  }

  var room: StageRoom? {
    // A failure may end the run, so it is reported first.
    guard reports.isEmpty, running.hasRoom else { return nil }
    return StageRoom(memory: running.freeMemory, publishing: running.published)
  }

  var isIdle: Bool { group.isEmpty && reports.isEmpty }

  func start(_ turn: StageTurn, among ready: Int) {
    let threads = running.threads(ready: ready)
    let memory = turn.stage.cost?.memory ?? 0
    warn(of: memory, turn.stage.name)
    let (runners, desk) = (runners, desk)
    do throws(DiagnosticError) {
      try group.add { report in
        let job = StageJob(turn, threads: threads, runners: runners, desk: desk) {
          report(.activity($0, index: turn.index))
        }
        return .end(StageReport(turn, job.perform()))
      }
      running.start(turn.index, threads: threads, memory: memory)
    } catch {
      reports.append(
        StageReport(turn, .ended(desk.failure(of: turn.stage, error, threads: threads))))
    }
  }

  func next(within seconds: Double) -> StageReport? {
    if !reports.isEmpty { return reports.removeFirst() }
    switch group.next(within: seconds) {
    case .end(let report)?:
      running.end(report.turn.index)
      return report
    case .activity(let activity, let index)?:
      running.enter(activity, index)
      return nil
    case nil: return nil
    }
  }

  /// Warns about a stage that exceeds the memory available to stages.
  private func warn(of memory: Int, _ stage: String) {
    guard let budget = desk.options.memory, memory > budget else { return }
    let wanted = quantity(Double(memory), unit: "B")
    desk.warn(
      DiagnosticError(
        "stage '\(stage)' is expected to take \(wanted) of memory, more than the "
          + "\(quantity(Double(budget), unit: "B")) available to stages: it runs alone"))
  }
}
