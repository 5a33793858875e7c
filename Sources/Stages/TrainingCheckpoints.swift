import ArtifactStore
import Basics
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// When and where a training writes down its state, and from which one it can go on.
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
  /// What the last one took, in seconds.
  private var cost = 0.0
  /// How many were written, and what they took together, in seconds.
  private(set) var written = CheckpointCost()

  /// The share of a training's time that checkpoints may take.
  private static let share = 0.02

  init(
    _ stage: PlannedStage, _ work: TrainWork, perEpoch: Int, length: Int,
    interval: Double, in context: StageContext, fileSystem: any FileSystem, time: any TimeSource
  ) {
    self.stage = stage
    self.work = work
    self.perEpoch = perEpoch
    self.length = length
    self.interval = interval
    self.context = context
    self.fileSystem = fileSystem
    self.time = time
    last = time.now
  }

  private func mark(_ iteration: Int) -> TrainingMark {
    TrainingMark(
      iteration: iteration, perEpoch: perEpoch,
      rates: work.solver.rate.digest(ofFirst: iteration, perEpoch: perEpoch, length: length))
  }

  /// The end of the training, for others to go on from.
  var end: TrainingMark { mark(length) }

  /// The furthest state in the store that this training comes through; `nil` for none, and where the user
  /// wants the stage computed anew. A damaged one is told of and passed over.
  func furthestState() throws -> (state: TrainingState, checkpoint: Checkpoint)? {
    guard !context.isForced, let trajectory = stage.trajectory else { return nil }
    for checkpoint in try context.store.checkpoints(on: trajectory)
    where checkpoint.mark.iteration <= length && checkpoint.mark.perEpoch == perEpoch {
      guard checkpoint.mark == mark(checkpoint.mark.iteration) else { continue }
      guard let files = try context.store.verifiedFiles(of: checkpoint),
        let state = try readable(files), state.steps.count == checkpoint.mark.iteration,
        try state.fits(work)
      else {
        context.warn(
          "the state of '\(checkpoint.stage)' at iteration \(grouped(checkpoint.mark.iteration)) is "
            + "damaged, and is not used")
        continue
      }
      return (state, checkpoint)
    }
    return nil
  }

  /// The state in some files; `nil` where they are as they were written, but not those of a state.
  private func readable(_ files: [String: FilePath]) throws -> TrainingState? {
    do { return try TrainingState(files, fileSystem) } catch let error as DiagnosticError {
      guard error.systemReason == nil || error.tellsOfDamage else { throw error }
      return nil
    }
  }

  /// Whether it is time for one: after `interval`, or at an epoch's end where the last one was cheap.
  func isDue(after steps: Int) -> Bool {
    let elapsed = time.now - last
    guard elapsed * TrainingCheckpoints.share >= cost else { return false }
    return elapsed >= interval || steps % perEpoch == 0 && elapsed >= interval / 10
  }

  /// Writes the state down, in place of the stage's earlier one.
  mutating func write(_ net: any TrainableNetwork, steps: StepLog, measurements: [Measurement])
    throws
  {
    guard let trajectory = stage.trajectory else { return }
    let started = time.now
    let folder = context.workspace.appending("checkpoint")
    try fileSystem.remove(folder)
    try fileSystem.makeFolder(folder)
    let digests = try TrainingState.write(
      net, steps: steps, measurements: measurements, to: folder, fileSystem)
    try context.store.keepCheckpoint(
      folder, at: mark(steps.count), of: stage.name, stage.fingerprint, on: trajectory,
      digests: digests)
    last = time.now
    cost = last - started
    written.count += 1
    written.seconds += cost
  }
}
