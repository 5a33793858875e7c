import Basics
import Definitions
import OrderedCollections

/// What a pipeline file says, checked: names resolved, defaults filled in, sweeps expanded.
///
/// A description depends on the text and on `--set` alone. What needs the data (how many classes a
/// task has, whether copied shapes agree) is checked when planning.
package struct Description: Sendable {
  package var name: String
  /// Every parameter's value, after `--set`.
  package var parameters: OrderedDictionary<String, Value>
  package var datasets: OrderedDictionary<String, Described<DatasetDefinition>>
  /// Those of the `networks` section; a stage's network may also be written in place.
  package var networks: OrderedDictionary<String, Described<NetworkDefinition>>
  /// In the order of the file, each sweep in the order of its lists (the last one moving fastest).
  package var stages: [StageDescription]
  /// What is allowed but probably not meant, by place in the file.
  package var warnings: [Diagnostic]

  package init(
    name: String, parameters: OrderedDictionary<String, Value>,
    datasets: OrderedDictionary<String, Described<DatasetDefinition>>,
    networks: OrderedDictionary<String, Described<NetworkDefinition>> = [:],
    stages: [StageDescription], warnings: [Diagnostic] = []
  ) {
    self.name = name
    self.parameters = parameters
    self.datasets = datasets
    self.networks = networks
    self.stages = stages
    self.warnings = warnings
  }
}

/// A value and where the file says it.
package struct Described<Content: Sendable>: Sendable {
  package var content: Content
  package var span: SourceSpan

  package init(_ content: Content, at span: SourceSpan) {
    self.content = content
    self.span = span
  }
}

/// One stage, one point of a sweep.
package struct StageDescription: Sendable {
  /// Unique in the pipeline: `A3B`.
  package var name: String
  /// The name as the file writes it, which all points of a sweep share: `${source}${n}B`.
  package var template: String
  /// The sweep's variables at this point.
  package var variables: OrderedDictionary<String, Value>
  /// Those variables that the stage does not depend on: it serves several points of a study's repetition, which
  /// differ in them.
  package var independent: Set<String>
  package var work: WorkDescription
  /// Where the stage's name stands.
  package var span: SourceSpan

  package init(
    name: String, template: String, variables: OrderedDictionary<String, Value>,
    independent: Set<String> = [], work: WorkDescription, span: SourceSpan
  ) {
    self.independent = independent
    self.name = name
    self.template = template
    self.variables = variables
    self.work = work
    self.span = span
  }
}

/// What a stage does. Indirect, since stages are moved about by the thousand.
package indirect enum WorkDescription: Sendable {
  case train(TrainDescription)
  case transfer(TransferDescription)
  case evaluate(EvaluateDescription)
  case report(ReportDescription)
}

/// `train: {network: …, on: …, solver: …, seed: …}`
package struct TrainDescription: Sendable {
  package var network: Described<NetworkDefinition>
  /// What the file calls it; `nil` where it stands in the stage.
  package var networkName: String?
  /// Where the network's last operation stands.
  package var scores: SourceSpan
  package var task: Described<TaskDefinition>
  package var solver: SolverDefinition
  /// What the stage's random numbers start from.
  package var seed: UInt64
  /// When to measure meanwhile; `nil` for never.
  package var validation: Described<ValidationRule>?

  package init(
    network: Described<NetworkDefinition>, networkName: String? = nil, scores: SourceSpan,
    task: Described<TaskDefinition>, solver: SolverDefinition, seed: UInt64,
    validation: Described<ValidationRule>? = nil
  ) {
    self.network = network
    self.networkName = networkName
    self.scores = scores
    self.task = task
    self.solver = solver
    self.seed = seed
    self.validation = validation
  }
}

/// `transfer: {from: …, layers: …, on: …, solver: …, seed: …}`
package struct TransferDescription: Sendable {
  /// What is copied from; `nil` only where no layer is copied.
  package var source: WeightsSource?
  /// The source's network, or the one the stage names.
  package var network: Described<NetworkDefinition>
  /// What the file calls it; `nil` where it stands in a stage.
  package var networkName: String?
  /// Where the network's last operation stands.
  package var scores: SourceSpan
  /// One for each layer of the network, in its order.
  package var layers: Described<[LayerTreatment]>
  package var task: Described<TaskDefinition>
  package var solver: SolverDefinition
  package var seed: UInt64
  /// Whose mean image is subtracted.
  package var mean: MeanOrigin
  /// When to measure meanwhile; `nil` for never.
  package var validation: Described<ValidationRule>?

  package init(
    source: WeightsSource?, network: Described<NetworkDefinition>, networkName: String? = nil,
    scores: SourceSpan,
    layers: Described<[LayerTreatment]>, task: Described<TaskDefinition>,
    solver: SolverDefinition, seed: UInt64, mean: MeanOrigin = .target,
    validation: Described<ValidationRule>? = nil
  ) {
    self.source = source
    self.network = network
    self.networkName = networkName
    self.scores = scores
    self.layers = layers
    self.task = task
    self.solver = solver
    self.seed = seed
    self.mean = mean
    self.validation = validation
  }
}

/// `evaluate: {network: …, on: …, subset: …}`
package struct EvaluateDescription: Sendable {
  /// The name of the trained stage that is measured.
  package var network: Described<String>
  /// The task to measure on; by default the one it was trained on.
  package var task: Described<TaskDefinition>
  package var subset: Portion
  /// What the network's score is taken from.
  package var score: Described<ScoreRule>

  package init(
    network: Described<String>, task: Described<TaskDefinition>, subset: Portion,
    score: Described<ScoreRule>? = nil
  ) {
    self.network = network
    self.task = task
    self.subset = subset
    self.score = score ?? Described(.final, at: network.span)
  }
}

/// `report: {of: […]}`
package struct ReportDescription: Sendable {
  /// The names of the evaluate stages to report, in the order of the file; by default all.
  package var evaluations: [Described<String>]

  package init(evaluations: [Described<String>]) { self.evaluations = evaluations }
}
