import Basics
import Execution
import Planning

/// Shows the progress of a run on standard error.
///
/// On a terminal, each running stage has a line that is redrawn in place, and a last line shows the total. Elsewhere,
/// plain lines are printed: when a stage starts, at intervals, and when it ends.
final class ProgressDisplay: ExecutionObserver {
  private let terminal: Terminal
  private let state: Guarded<State>

  private struct State {
    var board: ProgressBoard
    /// The number of lines on the terminal that will be redrawn.
    var linesDrawn = 0
    var lastDrawn = 0.0
    /// The time of each stage's last plain progress line.
    var lastTold: [String: Double] = [:]
  }

  /// Seconds between redraws on a terminal, and between plain lines of one stage.
  private static let drawingInterval = 0.1
  private static let plainInterval = 10.0

  init(for plan: Plan, terminal: Terminal) {
    self.terminal = terminal
    state = Guarded(State(board: ProgressBoard(total: plan.stages.count)))
  }

  func receive(_ event: ExecutionEvent, at time: Double) {
    state.withLock { state in
      let line = state.board.note(event, at: time)
      if let columns = terminal.columns?() {
        draw(line, event, at: time, columns: columns, &state)
      } else if let line {
        writeError(line + "\n")
      } else if case .stageProgress(let stage, _) = event {
        tellPlainly(stage, at: time, &state)
      }
    }
  }

  private func tellPlainly(_ stage: String, at time: Double, _ state: inout State) {
    let last = state.lastTold[stage] ?? state.board.started(stage) ?? time
    guard time - last >= ProgressDisplay.plainInterval else { return }
    state.lastTold[stage] = time
    if let line = state.board.plainLine(of: stage, at: time) { writeError(line + "\n") }
  }

  private func draw(
    _ line: String?, _ event: ExecutionEvent, at time: Double, columns: Int,
    _ state: inout State
  ) {
    var isProgress = false
    if case .stageProgress = event { isProgress = true }
    if isProgress, time - state.lastDrawn < ProgressDisplay.drawingInterval { return }
    state.lastDrawn = time
    // Moves up to the first line; each line is cleared before it is rewritten.
    var text = state.linesDrawn > 0 ? "\u{1b}[\(state.linesDrawn)A" : ""
    func put(_ line: String) { text += "\u{1b}[2K\(line)\n" }
    if let line { put(line) }
    let live = state.board.liveLines(at: time, columns: columns)
    live.forEach(put)
    text += "\u{1b}[J"
    state.linesDrawn = live.count
    writeError(text)
  }
}
