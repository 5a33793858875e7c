import Basics
import Definitions
import OrderedCollections

/// What would be done, decided before anything is: stages in order, each after its inputs.
package struct Plan: Sendable {
  /// The pipeline's name.
  package var pipeline: String
  package var stages: [PlannedStage]
  /// The datasets that were not there, and are taken to be as declared. A plan that has any shows what a
  /// run would do, but cannot be run.
  package var assumed: [String]
  /// What was not there, and was planned with as it was known. Whatever has to read it cannot run.
  package var missing: [MissingSource]
  /// What a run would take; `nil` until the plan is priced.
  package var cost: PlanCost?

  package init(
    pipeline: String, stages: [PlannedStage], assumed: [String] = [], missing: [MissingSource] = []
  ) {
    self.pipeline = pipeline
    self.stages = stages
    self.assumed = assumed
    self.missing = missing
  }
}

/// What a stage does; with its settings and inputs it decides the artifact.
package enum StageKind: String, Sendable, CaseIterable, Codable {
  case prepare, train, transfer, evaluate, report
}

/// One stage of a plan.
package struct PlannedStage: Sendable {
  /// Unique in the plan.
  package var name: String
  package var kind: StageKind
  /// Over kind, revision, settings and the inputs' fingerprints.
  package var fingerprint: Fingerprint
  /// The numerics revision of the kind: raised when code changes what it computes.
  package var revision: Int
  /// Everything of the stage's own that decides its result.
  package var settings: Value
  package var inputs: [StageInput]
  /// The same as `settings`, typed, for the runner.
  package var work: StageWork
  package var status: StageStatus
  /// The state that it will go on from; `nil` where it begins at the beginning.
  package var continuation: Continuation?
  /// Where the stage stands in a sweep; `nil` outside of one.
  package var sweep: SweepPoint?
  /// Images that the stage packs, trains on or measures, each counted once; `nil` for a report.
  package var images: Int?
  /// Images that a training is measured on meanwhile, those of all subsets.
  package var measuredImages = 0
  /// `nil` until the plan is priced.
  package var cost: StageCost?
  /// What becomes of the activations after frozen layers; `nil` for stages without any, or that do not run.
  package var prefixReuse: PrefixReuse?

  package init(
    name: String, kind: StageKind, fingerprint: Fingerprint, revision: Int, settings: Value,
    inputs: [StageInput], work: StageWork, status: StageStatus, sweep: SweepPoint? = nil
  ) {
    self.name = name
    self.kind = kind
    self.fingerprint = fingerprint
    self.revision = revision
    self.settings = settings
    self.inputs = inputs
    self.work = work
    self.status = status
    self.sweep = sweep
  }
}

/// The state of a training that another goes on from.
package struct Continuation: Hashable, Sendable {
  /// The name of the stage that came so far.
  package var stage: String
  /// Steps made.
  package var iteration: Int
  /// Whether that stage was interrupted there, and not finished.
  package var isInterrupted: Bool

  package init(stage: String, iteration: Int, isInterrupted: Bool) {
    self.stage = stage
    self.iteration = iteration
    self.isInterrupted = isInterrupted
  }
}

/// One of the stages that a name with variables stands for.
package struct SweepPoint: Hashable, Sendable {
  /// The name as the file has it: `A${n}B`.
  package var template: String
  package var variables: OrderedDictionary<String, Value>

  package init(template: String, variables: OrderedDictionary<String, Value>) {
    self.template = template
    self.variables = variables
  }
}

/// An artifact that a stage reads.
package struct StageInput: Hashable, Sendable {
  /// What the stage uses it for, unique in the stage: `data`, `source`, `network`, `evaluation 3`.
  package var role: String
  /// The name of the stage that makes it.
  package var stage: String
  package var fingerprint: Fingerprint

  package init(role: String, stage: String, fingerprint: Fingerprint) {
    self.role = role
    self.stage = stage
    self.fingerprint = fingerprint
  }
}

/// Whether a stage will run.
package enum StageStatus: Hashable, Sendable {
  case cached
  /// All inputs are there.
  case run(RunReason)
  /// It will run after the named stages.
  case waiting(on: [String], RunReason)
}

/// Why a stage runs.
package enum RunReason: Hashable, Sendable {
  /// No stage of this name has run in this pipeline.
  case neverRun
  /// The latest run of the same name had other settings.
  case settingsChanged([ValueChange])
  /// The latest run of the same name read other inputs than these stages; and where that begins.
  case inputsChanged([String], causes: [Cause])
  /// A file of weights has another content than in the latest run of the same name.
  case weightsChanged(file: String)
  /// The code computes it otherwise than it did.
  case revisionChanged(old: Int, new: Int)
  /// The record is there, but one of its objects is not, or has another size.
  case artifactMissing(String)
  /// The user asked for it.
  case forced
}

/// What a runner is to do. Indirect, since stages are moved about by the thousand.
package indirect enum StageWork: Sendable {
  case prepare(PrepareWork)
  case train(TrainWork)
  case evaluate(EvaluateWork)
  case report(ReportWork)
}

/// Read a dataset once and pack it.
package struct PrepareWork: Sendable {
  /// With the path resolved against the pipeline file's folder.
  package var dataset: DatasetDefinition
  /// The digest of the raw content that was planned with.
  package var content: Fingerprint

  package init(dataset: DatasetDefinition, content: Fingerprint) {
    self.dataset = dataset
    self.content = content
  }
}

/// Train a network: from initialisation, or from layers copied from an input of role `source` or from a
/// file of weights.
package struct TrainWork: Sendable {
  /// Units of the last layer resolved.
  package var network: NetworkDefinition
  /// One for each layer, in order; all `initialize` where nothing is copied.
  package var layers: [LayerTreatment]
  /// The task's classes in the order of their labels.
  package var classes: [String]
  /// The training images that are kept for validation; `nil` for none.
  package var holdOut: HoldOut?
  /// `nil` for all training images of the classes that are not held out.
  package var limit: ExampleLimit?
  package var preprocessing: Preprocessing
  /// Whose mean image is subtracted.
  package var mean: MeanOrigin
  package var solver: SolverDefinition
  /// Where all random numbers of the stage come from.
  package var stream: RandomStream
  /// What layers are copied from where that is no stage.
  package var weights: WeightsFile?
  /// When to measure meanwhile; `nil` for never.
  package var validation: ValidationRule?
  package init(
    network: NetworkDefinition, layers: [LayerTreatment], classes: [String],
    holdOut: HoldOut? = nil, limit: ExampleLimit? = nil, preprocessing: Preprocessing,
    mean: MeanOrigin = .target,
    solver: SolverDefinition, stream: RandomStream, weights: WeightsFile? = nil,
    validation: ValidationRule? = nil
  ) {
    self.network = network
    self.layers = layers
    self.classes = classes
    self.holdOut = holdOut
    self.limit = limit
    self.preprocessing = preprocessing
    self.mean = mean
    self.solver = solver
    self.stream = stream
    self.weights = weights
    self.validation = validation
  }
}

/// Measure a trained network (input of role `network`) on a task's subset.
package struct EvaluateWork: Sendable {
  /// Images a batch: large enough for full speed, small enough for any network's memory. No result
  /// depends on it.
  package static let batch = 128
  package static let networkRole = "network"

  package var network: NetworkDefinition
  package var classes: [String]
  package var preprocessing: Preprocessing
  package var subset: Portion
  /// The training images that are no training images; `nil` for none.
  package var holdOut: HoldOut?
  package var score: ScoreRule
  /// What reports say of the network; like what follows, no part of the fingerprint.
  package var design: ReportEntry
  /// What decides the result beyond that.
  package var settings: RunSettings
  /// Variables of sweeps and repetitions that the network or the evaluation depends on.
  package var variables: OrderedDictionary<String, Value>

  package init(
    network: NetworkDefinition, classes: [String], preprocessing: Preprocessing, subset: Portion,
    holdOut: HoldOut? = nil, score: ScoreRule = .final, design: ReportEntry,
    settings: RunSettings, variables: OrderedDictionary<String, Value> = [:]
  ) {
    self.network = network
    self.classes = classes
    self.preprocessing = preprocessing
    self.subset = subset
    self.holdOut = holdOut
    self.score = score
    self.design = design
    self.settings = settings
    self.variables = variables
  }
}

/// Bring evaluations together: entry i describes the inputs of roles `evaluation i` and `network i`, an
/// evaluation and the network that it measures.
package struct ReportWork: Sendable {
  package var entries: [ReportEntry]

  package init(entries: [ReportEntry]) { self.entries = entries }

  package static func evaluationRole(_ entry: Int) -> String { "evaluation \(entry)" }
  package static func networkRole(_ entry: Int) -> String { "network \(entry)" }
  package static func isEvaluationRole(_ role: String) -> Bool { role.hasPrefix("evaluation ") }
  static func isNetworkRole(_ role: String) -> Bool { role.hasPrefix("network ") }
}
