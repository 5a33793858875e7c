import ArtifactStore
import Basics
import Planning
import SystemPackage

/// Carries out the work of one kind of stage. Only runners know what a stage does.
package protocol StageRunner<Work>: Sendable {
  associatedtype Work: StageWork

  /// Does the work of a stage and writes its outputs as files in `context.workspace`.
  ///
  /// Called on a separate thread. It may use `context.threads` threads and must produce the same outputs for any
  /// number. The outputs are a pure function of the stage's fingerprint.
  ///
  /// - Throws: `DiagnosticError` for problems that the user can fix; `Interrupted` if `context.shouldStop()` became
  ///   true and the stage stopped.
  func run(
    _ work: Work, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct
}

/// The runners of a program, by the type of their work.
package struct StageRunners: Sendable {
  private typealias Run = @Sendable (PlannedStage, StageContext) throws -> StageProduct?

  private var runs: [ObjectIdentifier: Run] = [:]

  package init(_ runners: any StageRunner...) {
    for runner in runners { add(runner) }
  }

  private mutating func add<Runner: StageRunner>(_ runner: Runner) {
    precondition(
      runs[ObjectIdentifier(Runner.Work.self)] == nil, "two runners carry out \(Runner.Work.self)")
    runs[ObjectIdentifier(Runner.Work.self)] = { stage, context in
      guard let work = stage.work as? Runner.Work else { return nil }
      return try runner.run(work, of: stage, in: context)
    }
  }

  /// Carries out the work of a stage.
  ///
  /// - Throws: the errors of its runner; `DiagnosticError` if there is no runner for it.
  func run(_ stage: PlannedStage, in context: StageContext) throws -> StageProduct {
    let work: any StageWork = stage.work
    guard
      let product = try runs[ObjectIdentifier(type(of: work))].flatMap({ try $0(stage, context) })
    else { throw DiagnosticError("this program cannot run \(stage.kind.rawValue) stages") }
    return product
  }
}

/// The context in which a runner works.
package struct StageContext: Sendable {
  /// The name of the pipeline.
  package var pipeline: String
  /// The artifacts the stage reads, by role.
  package var inputs: [String: StoredArtifact]
  /// An empty folder for outputs and scratch files, which is removed afterwards.
  package var workspace: FilePath
  /// A folder for files that take long to write. A later run of the stage finds them if this one is interrupted. It
  /// may not exist yet. No other process writes to it, but all of it may disappear if another run takes the stage
  /// over.
  package var unfinished: FilePath
  /// The number of threads to use.
  package var threads: Int
  /// The store of the run, where a long stage records its progress.
  package var store: Store
  /// Reports the progress of the stage.
  package var progress: @Sendable (StageProgress) -> Void
  /// Warns the user about a problem that does not affect the result.
  package var warn: @Sendable (String) -> Void
  /// Whether the run is being stopped, or another run now computes the stage; to be checked at least once per second.
  package var shouldStop: @Sendable () -> Bool
  /// The same, for passing on.
  package var stop: StopCheck { StopCheck(shouldStop) }

  /// - Parameter unfinished: by default a part of the workspace, which no later run finds.
  package init(
    pipeline: String = "", inputs: [String: StoredArtifact], workspace: FilePath,
    unfinished: FilePath? = nil,
    threads: Int, store: Store,
    progress: @escaping @Sendable (StageProgress) -> Void,
    warn: @escaping @Sendable (String) -> Void,
    shouldStop: @escaping @Sendable () -> Bool
  ) {
    self.pipeline = pipeline
    self.inputs = inputs
    self.workspace = workspace
    self.unfinished = unfinished ?? workspace.appending("unfinished")
    self.threads = threads
    self.store = store
    self.progress = progress
    self.warn = warn
    self.shouldStop = shouldStop
  }
}

/// The progress of a stage.
package struct StageProgress: Hashable, Sendable {
  /// Completed units of work, out of `total`.
  package var completed: Int
  package var total: Int
  /// The unit: `images`, `iterations`.
  package var unit: String
  package var loss: Double?
  /// Fraction of recent training images classified correctly.
  package var accuracy: Double?
  package var imagesPerSecond: Double?
  /// The learning rate of the last step.
  package var rate: Double?
  /// Fractions of other images classified correctly when they were last measured, by subset.
  package var measured: [String: Double]
  /// The completed units when that was; `nil` if there was no measurement.
  package var measuredAt: Int?

  package init(
    completed: Int, total: Int, unit: String, loss: Double? = nil, accuracy: Double? = nil,
    imagesPerSecond: Double? = nil, rate: Double? = nil, measured: [String: Double] = [:],
    measuredAt: Int? = nil
  ) {
    self.completed = completed
    self.total = total
    self.unit = unit
    self.loss = loss
    self.accuracy = accuracy
    self.imagesPerSecond = imagesPerSecond
    self.rate = rate
    self.measured = measured
    self.measuredAt = measuredAt
  }
}

/// The output of a runner.
package struct StageProduct: Sendable {
  /// Files in the workspace, by their names in the artifact: `weights.safetensors`.
  package var files: [String: FilePath]
  /// The contents of those that were hashed as they were written, and need not be read again.
  package var contents: [String: FileDigest] = [:]
  /// Small results stored in the record itself: accuracies, counts.
  package var metrics: Value
  /// How it was computed: library versions, the processor, BLAS core. Not part of the fingerprint.
  package var provenance: Value
  /// Where training ended, if longer training runs can resume from its files.
  package var end: TrainingMark?
  /// The digests of files that were read in addition to the inputs' outputs, by purpose and name.
  package var read: [String: [String: Fingerprint]] = [:]

  package init(
    files: [String: FilePath], metrics: Value, provenance: Value = [:], end: TrainingMark? = nil
  ) {
    self.files = files
    self.metrics = metrics
    self.provenance = provenance
    self.end = end
  }
}

/// Thrown by a runner that cannot use an input although it matches its record: the artifact was imported, or produced
/// by different code. It is set aside and recomputed before the stage.
package struct UnusableInput: Error, CustomStringConvertible {
  /// The role of the artifact, and the file.
  package var role: String
  package var file: String
  /// In words.
  package var reason: String

  package init(role: String, file: String, reason: String) {
    self.role = role
    self.file = file
    self.reason = reason
  }

  package var description: String { "'\(file)' of input '\(role)' is unusable: \(reason)" }
}
