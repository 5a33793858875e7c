import ArtifactStore
import Basics
import Planning
import SystemPackage

extension Diagnostic {
  /// The same as a warning.
  fileprivate var asWarning: Diagnostic {
    var warning = self
    warning.severity = .warning
    return warning
  }
}

/// Forwards the events of a run, in order, to an observer and to the run's log.
final class RunLog: Sendable {
  /// The name of the run: its start time (UTC), and a unique suffix.
  let run: String
  private let store: Store
  private let time: any TimeSource
  private let observer: (any ExecutionObserver)?
  private let state: Guarded<State>

  private struct State {
    let isWriting: Bool
    /// What could not be written, if anything.
    var unwritten = ""
    /// When each stage's progress was last logged, and last told to those who ask for the run's status.
    var logged: [String: Double] = [:]
    var told: [String: Double] = [:]
  }

  /// The minimum interval in seconds between logged progress events of a stage: a log of every iteration would be
  /// larger than the weights.
  private static let progressInterval = 10.0
  /// What is told of it besides is not kept.
  private static let tellingInterval = 1.0

  init(
    store: Store, time: any TimeSource, observer: (any ExecutionObserver)?, isWriting: Bool
  ) {
    self.store = store
    self.time = time
    self.observer = observer
    run = RunLog.name(at: time.now)
    state = Guarded(State(isWriting: isWriting))
  }

  func post(_ event: ExecutionEvent) {
    state.withLock { state in
      let now = time.now
      observer?.receive(event, at: now)
      guard state.isWriting else { return }
      tell(event, now, &state)
      guard RunLog.belongsInLog(event, now, &state) else { return }
      let line = event.value(at: now).json() + "\n"
      do throws(DiagnosticError) {
        try store.appendToLog("\(run).jsonl", state.unwritten + line)
        state.unwritten = ""
      } catch {
        // The run continues: its results matter more than its log. What it says is not lost if the disk is full for a
        // while: from the log, other processes learn which results the run needs.
        let isFirst = state.unwritten.isEmpty
        // A line may have been written in part.
        if isFirst { state.unwritten = "\n" }
        if case .stageProgress = event {} else { state.unwritten += line }
        guard isFirst else { return }
        for diagnostic in error.diagnostics {
          observer?.receive(.warning(diagnostic.asWarning), at: now)
        }
      }
    }
  }

  /// Tells those who ask for the run's status how far a stage is. That this fails is no reason for a warning: the log has
  /// the same, somewhat later.
  private func tell(_ event: ExecutionEvent, _ now: Double, _ state: inout State) {
    switch event {
    case .stageProgress(let stage, _):
      if let last = state.told[stage], now - last < RunLog.tellingInterval { return }
      state.told[stage] = now
      try? store.tellProgress(event.value(at: now).json() + "\n", ofRun: run)
    case .runFinished: try? store.forgetProgress(ofRun: run)
    default: break
    }
  }

  /// Reports a problem that does not affect results.
  func warn(_ error: DiagnosticError) {
    for diagnostic in error.diagnostics {
      post(.warning(diagnostic.asWarning))
    }
  }

  private static func belongsInLog(
    _ event: ExecutionEvent, _ now: Double, _ state: inout State
  ) -> Bool {
    guard case .stageProgress(let stage, _) = event else { return true }
    if let last = state.logged[stage], now - last < progressInterval { return false }
    state.logged[stage] = now
    return true
  }

  /// Writes a report of a stage's failure.
  ///
  /// - Returns: its path; `nil` if it could not be written, which is a warning.
  func writeFailure(
    of stage: PlannedStage, _ error: DiagnosticError, threads: Int
  ) -> FilePath? {
    let lines =
      [
        "stage: \(stage.name)", "kind: \(stage.kind.rawValue)",
        "fingerprint: \(stage.fingerprint.hexadecimal)", "run: \(run)", "threads: \(threads)",
        "cause: \(error.cause)", "inputs:",
      ] + stage.inputs.map { "  \($0.role): \($0.stage) (\($0.fingerprint.hexadecimal))" } + [
        "settings: \(stage.settings.json(indented: true))", "", error.description, "",
      ]
    do throws(DiagnosticError) {
      return try store.appendToLog(
        "\(run)-\(Store.fileName(for: stage.name)).log", lines.joined(separator: "\n"))
    } catch {
      warn(error)
      return nil
    }
  }

  /// `20260131T235959Z-1a2b3c`: names sort by time.
  private static func name(at time: Double) -> String {
    let own = String(UInt32.random(in: .min ... .max), radix: 36)
    return "\(compactDate(seconds: time))-\(own)"
  }
}
