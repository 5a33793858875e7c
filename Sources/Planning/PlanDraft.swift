import Basics
import Definitions
import PipelineLanguage

/// A plan while it is drawn up: stages are added in dependency order.
struct PlanDraft {
  let description: Description
  let catalog: any DatasetCatalog
  /// Whether datasets that are not there are taken to be as declared.
  let assumesData: Bool

  /// The datasets for which that was so.
  var assumed: [String] = []
  private(set) var stages: [PlannedStage] = []
  var diagnostics: [Diagnostic] = []

  /// Positions among the stages.
  private var byName: [String: Int] = [:]
  /// Prepared datasets by name; `nil` for one that is known to be unusable.
  var datasets: [String: PreparedDataset?] = [:]
  var training: [String: TrainingRole] = [:]
  /// Files of weights by path.
  var knownWeights: [String: WeightsFacts] = [:]
  /// The classes of tasks that were asked for; `nil` where there was a problem.
  var knownClasses: [ClassQuestion: ResolvedClasses?] = [:]
  /// For each split, the classes that its tasks name: the task, and where.
  var classPlaces: [String: [String: Described<String>]] = [:]
  var networks = NetworkMemory()
  /// The settings that most stages of a study have in common.
  var solvers = SettingsMemory<SolverDefinition>()
  var preprocessings = SettingsMemory<Preprocessing>()
  var layers = SettingsMemory<[LayerTreatment]>()

  /// A dataset's facts and the stage that prepares it.
  struct PreparedDataset {
    var facts: DatasetFacts
    var preprocessing: Preprocessing
    var holdOut: HoldOut?
    var input: StageInput
    /// A task's limit; `nil` where it leaves out no image.
    func limit(_ task: TaskDefinition, classes: [String], seed: UInt64) -> ExampleLimit? {
      guard let perClass = task.examples else { return nil }
      let chosen = Set(classes)
      let largest = zip(facts.classes, facts.trainingImages).reduce(0) { largest, entry in
        let (name, images) = entry
        guard chosen.contains(name) else { return largest }
        return max(largest, images - (holdOut?.count(of: images) ?? 0))
      }
      return perClass < largest ? ExampleLimit(perClass: perClass, seed: seed) : nil
    }
  }

  /// What later stages need to know of a trained one.
  struct TrainingRole {
    var work: TrainWork
    var task: TaskDefinition
    /// Identifies the random numbers; see `identity`.
    var identity: Fingerprint
    var seed: UInt64
    var network: NetworkMemory.Entry
    /// What the file calls the network, or what tells it apart where it has no name.
    var networkName: String
    /// The task of the stage that layers were copied from, or the name of the file.
    var sourceName: String?
  }

  init(description: Description, catalog: any DatasetCatalog, assumesData: Bool) {
    self.description = description
    self.catalog = catalog
    self.assumesData = assumesData
  }

  mutating func add(_ stage: StageDescription) {
    // A stage whose input is already known to be wrong is passed over: one problem, one message.
    guard stage.work.stagesRead.allSatisfy({ byName[$0] != nil }) else { return }
    switch stage.work {
    case .train(let train): addTrain(stage, train)
    case .transfer(let transfer): addTransfer(stage, transfer)
    case .evaluate(let evaluation): addEvaluate(stage, evaluation)
    case .report(let report): addReport(stage, report)
    }
    if !stage.variables.isEmpty, let last = stages.indices.last, stages[last].name == stage.name {
      stages[last].sweep = SweepPoint(template: stage.template, variables: stage.variables)
    }
  }

  mutating func append(
    _ name: String, _ kind: StageKind, settings: Value, inputs: [StageInput], work: StageWork,
    encoded: [String: [UInt8]] = [:], images: Int? = nil
  ) {
    let inputValues = inputs.map { ($0.role, Value.string($0.fingerprint.hexadecimal)) }
    let identity = Value.canonicalEncoding(
      of: [
        "kind": .string(kind.rawValue), "revision": .integer(kind.revision),
        "inputs": .map(Dictionary(uniqueKeysWithValues: inputValues)),
      ],
      encoded: [
        "settings": Value.canonicalEncoding(of: settings.asMap ?? [:], encoded: encoded)
      ])
    var stage = PlannedStage(
      name: name, kind: kind, fingerprint: Fingerprint(of: identity), revision: kind.revision,
      settings: settings, inputs: inputs, work: work, status: .cached)
    stage.images = images
    byName[name] = stages.count
    stages.append(stage)
  }

  /// Keeps problems, each at its place or else at `span`; the same one once.
  mutating func report(_ error: DiagnosticError, at span: SourceSpan) {
    for var diagnostic in error.diagnostics {
      diagnostic.span = diagnostic.span ?? span
      if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
  }

  /// A stage that has been added; `nil` where there is none of that name.
  func planned(_ stage: String) -> PlannedStage? { byName[stage].map { stages[$0] } }

  func input(_ role: String, from stage: String) -> StageInput {
    guard let planned = byName[stage] else {
      preconditionFailure("inputs are planned before the stages that read them")
    }
    return StageInput(role: role, stage: stage, fingerprint: stages[planned].fingerprint)
  }
}
