import Basics
import Execution
import Reporting
import Synchronization
import SystemPackage

/// Writes the progress of a run's stages as event files for TensorBoard, while it runs: a folder for each stage.
final class TensorBoardFiles: ExecutionObserver {
  private let folder: FilePath
  private let fileSystem: any FileSystem
  private let next: any ExecutionObserver
  private let state = Mutex(State())

  private struct State {
    /// `nil` before the run has started, and after a file could not be written.
    var run: String?
    var stages: [String: Stage] = [:]
  }

  fileprivate struct Stage {
    var file: EventFile
    /// Whether the file has values: a stage without any needs none.
    var hasValues = false
    /// The number of bytes of the file that are on disk.
    var written = 0
    var lastWritten: Double
    /// The step of the last measurement, so that each is written once.
    var measuredAt: Int?
  }

  /// Seconds between two writes of a stage.
  private static let interval = 1.0

  /// - Parameter next: receives all events as well.
  init(
    in folder: FilePath, next: any ExecutionObserver,
    fileSystem: any FileSystem = LocalFileSystem()
  ) {
    self.folder = folder
    self.next = next
    self.fileSystem = fileSystem
  }

  func receive(_ event: ExecutionEvent, at time: Double) {
    next.receive(event, at: time)
    let problem = state.withLock { state -> DiagnosticError? in
      do throws(DiagnosticError) {
        try note(event, at: time, &state)
        return nil
      } catch {
        // The run continues: its results matter more.
        state.run = nil
        return error
      }
    }
    for diagnostic in problem?.diagnostics ?? [] {
      var warning = diagnostic
      warning.severity = .warning
      next.receive(.warning(warning), at: time)
    }
  }

  private func note(
    _ event: ExecutionEvent, at time: Double, _ state: inout State
  ) throws(DiagnosticError) {
    if case .runStarted(let run, _, _, _, _, _) = event { state.run = run }
    guard let run = state.run else { return }
    switch event {
    case .stageStarted(let stage, _, _, _):
      state.stages[stage] = Stage(file: EventFile(time: time), lastWritten: time)
    case .stageProgress(let name, let progress):
      guard var stage = state.stages[name] else { return }
      stage.add(progress, at: time)
      if time - stage.lastWritten >= TensorBoardFiles.interval
        || progress.completed == progress.total
      {
        try write(&stage, of: name, run)
        stage.lastWritten = time
      }
      state.stages[name] = stage
    case .stageFinished(let name, _):
      guard var stage = state.stages.removeValue(forKey: name) else { return }
      try write(&stage, of: name, run)
    case .runStarted, .stagesDecided, .stageWaiting, .stageDamaged, .warning, .runFinished: break
    }
  }

  private func write(
    _ stage: inout Stage, of name: String, _ run: String
  ) throws(DiagnosticError) {
    let bytes = stage.file.bytes
    guard stage.hasValues, bytes.count > stage.written else { return }
    let own = folder.appending(name)
    if stage.written == 0 { try fileSystem.makeFolder(own) }
    try fileSystem.append(
      Array(bytes[stage.written...]), to: own.appending("events.out.tfevents.\(run)"))
    stage.written = bytes.count
  }
}

extension TensorBoardFiles.Stage {
  /// Adds what is known at a step: `loss`, `accuracy`, `images-per-second`, `validation/accuracy`.
  mutating func add(_ progress: StageProgress, at time: Double) {
    for (tag, value) in [
      ("loss", progress.loss), ("accuracy", progress.accuracy),
      ("images-per-second", progress.imagesPerSecond), ("rate", progress.rate),
    ] {
      guard let value else { continue }
      file.add(tag, value, step: progress.completed, time: time)
      hasValues = true
    }
    guard let step = progress.measuredAt, step != measuredAt else { return }
    for (subset, accuracy) in progress.measured.sorted(by: { $0.key < $1.key }) {
      file.add("\(subset)/accuracy", accuracy, step: step, time: time)
    }
    measuredAt = step
  }
}
