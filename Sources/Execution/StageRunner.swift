import ArtifactStore
import Basics
import Planning
import SystemPackage

/// Carries out the work of one kind of stage. A runner is the only thing that knows what a stage means.
package protocol StageRunner<Work>: Sendable {
  associatedtype Work: StageWork

  /// Does a stage's work and writes its outputs as files below `context.workspace`.
  ///
  /// Called on a thread of its own; may use `context.threads` threads and must give the same outputs
  /// for any number. Everything it does with inputs is a pure function of the stage's fingerprint.
  ///
  /// - Throws: `DiagnosticError` for what the user can mend; `Interrupted` when
  ///   `context.shouldStop()` turned true and the stage gave up its work.
  func run(
    _ work: Work, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct
}

/// The runners that a program has, by what they carry out.
package struct StageRunners: Sendable {
  private typealias Run = @Sendable (PlannedStage, StageContext) throws -> StageProduct?

  private var runs: [ObjectIdentifier: Run] = [:]

  package init(_ runners: any StageRunner...) {
    for runner in runners { add(runner) }
  }

  private mutating func add<Runner: StageRunner>(_ runner: Runner) {
    runs[ObjectIdentifier(Runner.Work.self)] = { stage, context in
      guard let work = stage.work as? Runner.Work else { return nil }
      return try runner.run(work, of: stage, in: context)
    }
  }

  /// Carries out a stage's work.
  ///
  /// - Throws: what its runner throws; `DiagnosticError` where there is no runner for it.
  func run(_ stage: PlannedStage, in context: StageContext) throws -> StageProduct {
    let work: any StageWork = stage.work
    guard
      let product = try runs[ObjectIdentifier(type(of: work))].flatMap({ try $0(stage, context) })
    else { throw DiagnosticError("this program cannot run \(stage.kind.rawValue) stages") }
    return product
  }
}

/// What a runner is given.
package struct StageContext: Sendable {
  /// The artifacts the stage reads, by role.
  package var inputs: [String: StoredArtifact]
  /// An empty folder for outputs and scratch files; removed afterwards.
  package var workspace: FilePath
  /// A folder for what takes long to write, which a later run of the stage finds again if this one is cut short;
  /// it may not exist yet. No other process writes there, but all of it may vanish when another run has taken
  /// the stage over.
  package var unfinished: FilePath
  /// The number of threads to use.
  package var threads: Int
  /// The store that the run works with: where a long stage keeps how far it is.
  package var store: Store
  /// Tells whoever watches how far the stage is.
  package var progress: @Sendable (StageProgress) -> Void
  /// Tells the user of something that went wrong without changing the result.
  package var warn: @Sendable (String) -> Void
  /// Whether the run is being stopped, or another one computes the stage now; to be asked at least every second.
  package var shouldStop: @Sendable () -> Bool
  /// The same, for work that is handed on.
  package var stop: StopCheck { StopCheck(shouldStop) }

  /// - Parameter unfinished: by default a part of the workspace, where nobody finds anything again.
  package init(
    inputs: [String: StoredArtifact], workspace: FilePath, unfinished: FilePath? = nil,
    threads: Int, store: Store,
    progress: @escaping @Sendable (StageProgress) -> Void,
    warn: @escaping @Sendable (String) -> Void,
    shouldStop: @escaping @Sendable () -> Bool
  ) {
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

/// How far a stage is.
package struct StageProgress: Hashable, Sendable {
  /// Units of work done, out of `total`.
  package var completed: Int
  package var total: Int
  /// What is counted: `images`, `iterations`.
  package var unit: String
  package var loss: Double?
  /// Fraction of recent training images classified rightly.
  package var accuracy: Double?
  package var imagesPerSecond: Double?

  package init(
    completed: Int, total: Int, unit: String, loss: Double? = nil, accuracy: Double? = nil,
    imagesPerSecond: Double? = nil
  ) {
    self.completed = completed
    self.total = total
    self.unit = unit
    self.loss = loss
    self.accuracy = accuracy
    self.imagesPerSecond = imagesPerSecond
  }
}

/// What a runner made.
package struct StageProduct: Sendable {
  /// Files below the workspace, by the name under which the artifact holds them:
  /// `weights.safetensors`.
  package var files: [String: FilePath]
  /// Small results that are kept in the record itself: accuracies, counts.
  package var metrics: Value
  /// How it was computed: library versions, the processor, BLAS core. Outside the fingerprint.
  package var provenance: Value
  /// Where a training ended, if others can go on from its files.
  package var end: TrainingMark?
  /// The digests of files that were read besides the inputs' outputs, by what they are for and by name.
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

/// Thrown by a runner that can make nothing of what it reads, though it is what was recorded: an artifact that
/// was imported, or that other code has made. It is set aside, and computed again before the stage.
package struct UnusableInput: Error, CustomStringConvertible {
  /// Whose artifact it is, and which file of it.
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
