import Basics
import Definitions

extension StageSyntax {
  package static let train = StageSyntax("train", TrainDraft.self)
}

/// `train: {network: …, on: …, solver: …, seed: …}`
package struct TrainDescription: Sendable {
  package var network: Described<NetworkDefinition>
  /// The name of the network in the file; `nil` if it is defined inline.
  package var networkName: String?
  /// The location of the network's last operation.
  package var scores: SourceSpan
  package var task: Described<TaskDefinition>
  package var solver: SolverDefinition
  /// The seed of the stage's random numbers.
  package var seed: UInt64
  /// When to measure during training; `nil` for never.
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

extension TrainDescription: WorkDescription {
  package var stagesRead: [String] { [] }

  package var training: DescribedTraining? {
    DescribedTraining(task: task.content, solver: solver, validation: validation)
  }

  package var taskRead: TaskDefinition? { task.content }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    task.content.resolvePath(resolve)
  }
}

// MARK: - Reading

struct TrainDraft {
  var network: Described<CheckedNetwork>
  var task: Described<TaskDefinition>
  var solver: SolverDefinition
  var seed: UInt64
  var validation: Described<ValidationRule>?
}

extension TrainDraft: StageDraft {
  static var title: String { "a train stage" }
  static var isReportable: Bool { false }
  static var trainsNetwork: Bool { true }

  static func read(_ field: Field, _ reader: inout StageReader) -> TrainDraft? {
    guard var fields = FieldReader(field, Subject("'train'")) else { return nil }
    let network = fields.required("network") { reader.findNetwork($0) }
    let task = fields.required("on") { reader.tasks.findTraining($0) }
    let solver = fields.required("solver") { reader.findSolver($0) }
    let seed = fields.optional("seed", default: 0) { $0.seed() }
    let validation = fields.optional("validate", default: Described<ValidationRule>?.none) {
      $0.validationRule().map(Optional.some)
    }
    fields.finish()
    guard let network, let task, let solver, let seed, let validation else { return nil }
    return TrainDraft(
      network: network, task: task, solver: solver, seed: seed, validation: validation)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    resolver.keep(TrainedNetwork(network: network, task: task), at: position)
    let treatments = network.content.layerNames.map {
      LayerTreatment(layer: $0, verb: .initialize)
    }
    LearningLayers(network: network.content, context: resolver.context).check(
      treatments, at: network.span)
    KeptWeightsFit.check(solver, validation, resolver.context)
    resolver.fit.checkBatch(of: solver, on: task)
    let warning = SingleValueNorms.warning(
      network.content.definition, treatments, solver, images: nil, at: network.span)
    if let warning { resolver.context.diagnostics.report(warning) }
    return TrainDescription(
      network: network.definition, networkName: network.content.name,
      scores: network.content.places.scores, task: task, solver: solver, seed: seed,
      validation: validation)
  }
}
