import ArtifactStore
import Basics
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// When and where a training run writes its state, and from which state it can resume.
struct TrainingCheckpoints {
  private let stage: PlannedStage
  private let work: TrainWork
  private let context: StageContext
  private let perEpoch: Int
  private let length: Int
  /// Seconds between two checkpoints.
  private let interval: Double
  private let fileSystem: any FileSystem
  private let time: any TimeSource
  private var last: Double
  /// The duration of the last checkpoint, in seconds.
  private var cost = 0.0
  /// The digests of the files of finished training runs that this one depends on, by role.
  private(set) var read: [String: [String: Fingerprint]] = [:]
  /// The number of checkpoints, and their total duration in seconds.
  private(set) var written = CheckpointCost()

  /// The share of training time that checkpoints may take.
  private static let share = 0.02

  init(
    _ stage: PlannedStage, _ work: TrainWork, perEpoch: Int, length: Int,
    interval: Double, in context: StageContext, time: any TimeSource
  ) {
    self.stage = stage
    self.work = work
    self.perEpoch = perEpoch
    self.length = length
    self.interval = interval
    self.context = context
    fileSystem = context.fileSystem
    self.time = time
    last = time.now
  }

  private func mark(_ iteration: Int) -> TrainingMark {
    TrainingMark(
      iteration: iteration, perEpoch: perEpoch,
      rates: work.solver.rate.digest(ofFirst: iteration, perEpoch: perEpoch, length: length))
  }

  /// The end of training, for longer runs to resume from; `nil` if its weights need not be the last.
  var end: TrainingMark? { work.endsWithLastWeights ? mark(length) : nil }

  /// The furthest state that the training run passes through according to the plan; `nil` for none. A damaged one is
  /// reported and skipped.
  mutating func furthestState() throws -> (state: TrainingState, checkpoint: Checkpoint)? {
    for checkpoint in stage.continuation?.states ?? [] {
      guard let verified = try context.store.verified(checkpoint),
        let state = try readable(verified.files), state.steps.count == checkpoint.mark.iteration,
        checkpoint.mark.perEpoch == perEpoch,
        try state.fits(work, perEpoch: perEpoch, length: length)
      else {
        context.warn(
          "the state of '\(checkpoint.stage)' at iteration \(grouped(checkpoint.mark.iteration)) is "
            + "damaged or unreadable, and is not used")
        continue
      }
      read = verified.read
      return (state, checkpoint)
    }
    return nil
  }

  /// The state in some files; `nil` if they are intact but not a state.
  private func readable(_ files: [String: FilePath]) throws -> TrainingState? {
    do { return try TrainingState(files, work.solver.rule, fileSystem) } catch let error
      as DiagnosticError
    {
      guard error.systemReason == nil || error.makesUnreadable else { throw error }
      return nil
    }
  }

  /// Whether a checkpoint is due: after `interval`, or at the end of an epoch if the last one was cheap.
  func isDue(after steps: Int) -> Bool {
    let elapsed = time.now - last
    guard elapsed * TrainingCheckpoints.share >= cost else { return false }
    return elapsed >= interval || steps % perEpoch == 0 && elapsed >= interval / 10
  }

  /// Writes the state, replacing the stage's earlier one. A checkpoint is a precaution: if it cannot be written, the
  /// user is warned, training continues, and the next one is tried when it is due.
  ///
  /// - Parameter isLast: whether training stops here, on request.
  mutating func write(
    _ net: any TrainableNetwork, kept: Weights?, steps: StepLog, measurements: [Measurement],
    isLast: Bool = false
  ) throws {
    guard let trajectory = stage.trajectory else { return }
    let started = time.now
    let folder = context.workspace.appending("checkpoint")
    do {
      try write(
        net, kept: kept, steps: steps, measurements: measurements, on: trajectory, by: folder)
      written.count += 1
      written.seconds += time.now - started
    } catch let error as DiagnosticError {
      // An incomplete checkpoint takes space that the results need.
      try? fileSystem.remove(folder)
      context.warn(
        "the state at iteration \(grouped(steps.count)) cannot be saved, "
          + (isLast
            ? "so that the next run resumes from an earlier one: " : "and training continues: ")
          + (error.diagnostics.first?.message ?? "\(error)"))
    }
    last = time.now
    cost = last - started
  }

  private func write(
    _ net: any TrainableNetwork, kept: Weights?, steps: StepLog, measurements: [Measurement],
    on trajectory: Fingerprint, by folder: FilePath
  ) throws {
    try fileSystem.remove(folder)
    try fileSystem.makeFolder(folder)
    let digests = try TrainingState.write(
      net, kept: kept, steps: steps, measurements: measurements, to: folder, fileSystem)
    try context.store.keepCheckpoint(
      folder, at: mark(steps.count), of: stage.name, stage.fingerprint, on: trajectory,
      digests: digests, read: read,
      identity: TrainingIdentity(
        pipeline: context.pipeline, kind: stage.kind.rawValue, revision: stage.revision,
        settings: stage.settings,
        inputs: Dictionary(uniqueKeysWithValues: stage.inputs.map { ($0.role, $0.fingerprint) })))
  }
}
