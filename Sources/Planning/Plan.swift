import ArtifactStore
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
  /// What only the data shows, and does not stop a run.
  package var warnings: [Diagnostic]
  /// What a run would take; `nil` until the plan is priced.
  package var cost: PlanCost?

  package init(
    pipeline: String, stages: [PlannedStage], assumed: [String] = [], missing: [MissingSource] = [],
    warnings: [Diagnostic] = []
  ) {
    self.pipeline = pipeline
    self.stages = stages
    self.assumed = assumed
    self.missing = missing
    self.warnings = warnings
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

/// Whether a stage will run.
package enum StageStatus: Hashable, Sendable {
  case cached
  /// All inputs are there.
  case run(RunReason)
  /// It will run after the named stages.
  case waiting(on: [String], RunReason)
}

extension StageStatus {
  /// Whether the stage has its artifact.
  package var isCached: Bool { if case .cached = self { true } else { false } }

  /// Whether it is open whether the stage runs.
  package var isOpen: Bool { if case .imagesMayDiffer? = reason { true } else { false } }

  /// Whether the stage runs for certain.
  package var isToRun: Bool { !isCached && !isOpen }
}

/// Why a stage runs.
package enum RunReason: Hashable, Sendable {
  /// No stage of this name has run in this pipeline.
  case neverRun
  /// It failed, as it is, so many seconds before the plan was made.
  case failed(PastFailure, ago: Double)
  /// It was cut short, as it is; a training resumes from this iteration.
  case unfinished(iteration: Int?)
  /// A run was killed that had started it, as it is, so many seconds before the plan was made; nothing was saved.
  case started(ago: Double)
  /// It differs from the latest run of the same name, of which nothing is left to tell how.
  case recordGone
  /// The latest run of the same name had other settings.
  case settingsChanged([ValueChange])
  /// The latest run of the same name read other inputs than these stages; and where that begins.
  case inputsChanged([String], causes: [Cause])
  /// A file of weights has another content than in the latest run of the same name.
  case weightsChanged(file: String)
  /// The dataset that it packs has another content than in the latest run of the same name; in which files, where the
  /// store knows.
  case dataChanged(DataChange?)
  /// The code computes it otherwise than it did.
  case revisionChanged(old: Int, new: Int)
  /// There was a result of the stage as it is, but it cannot be used any more, for this reason.
  case artifactMissing(String)
  /// There was a result of the stage as it is, or a part of one, which has been removed: so many seconds before the
  /// plan was made, where that is known.
  case removed(ago: Double?)
  /// The user asked for it.
  case forced
  /// There is a result of the stage, which can be used if images that are still to be packed are those that it was
  /// computed from.
  case imagesMayDiffer
}
