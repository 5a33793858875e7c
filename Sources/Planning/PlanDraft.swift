import Basics
import Definitions
import OrderedCollections
import PipelineLanguage

/// A plan under construction; stages are added in dependency order.
package struct PlanDraft {
  let description: Description
  let catalog: any DatasetCatalog
  /// Whether missing datasets are assumed to be as declared.
  let assumesData: Bool

  /// The datasets that were assumed.
  var assumed: [String] = []
  /// Missing sources that are known from earlier.
  var missing: [MissingSource] = []
  private(set) var stages: [DraftedStage] = []
  var diagnostics: [Diagnostic] = []
  /// Why earlier runs could not be read, which is no problem of the description.
  var historyError: DiagnosticError?
  /// What does not stop a run.
  var warnings: [Diagnostic] = []
  /// Warnings about the settings of training runs, and whom they concern.
  var trainingWarnings: OrderedDictionary<TrainingWarning, TrainingWarning.Users> = [:]

  /// Positions of stages.
  private var byName: [String: Int] = [:]
  /// Prepared datasets by name; `nil` for unusable ones.
  var datasets: [String: PreparedDataset?] = [:]
  var training: [String: TrainingRole] = [:]
  /// Files of weights by path; `nil` for unusable ones.
  var knownWeights: [String: WeightsFacts?] = [:]
  /// Resolved classes of tasks with all examples; `nil` if there was a problem.
  var knownClasses: [TaskDefinition: ResolvedClasses?] = [:]
  /// Where such tasks list their classes.
  var classPlaces: [TaskDefinition: [String: SourceSpan]] = [:]
  /// The other tasks of the splits of a task; see `Description.divisions`.
  let siblings: [TaskDefinition: [TaskDefinition]]
  var originals: PreparedOriginals
  var networks = NetworkMemory()
  /// Settings shared by most stages of a study.
  let settings = SettingsMemory()
  /// The settings of training runs by what determines them: the runs of a study differ mostly in their seeds.
  var runSettings: [RunSettingsKey: RunSettings] = [:]
  /// Hash states for the identities of training runs, after the fingerprints of classes and network.
  var identities: [[Fingerprint]: MapHasher] = [:]

  /// The facts about a dataset, and the stage that prepares it. A class, since it is looked up for every stage.
  final class PreparedDataset {
    let facts: DatasetFacts
    let preprocessing: Preprocessing
    /// The same as a section of run settings.
    let preprocessingSection: RunSettings.Section
    let holdOut: HoldOut?
    let input: StageInput
    /// The settings of the stage that first packed the images: what identifies them in reports.
    let settings: Value
    /// The size of the images without a border, where they keep their own and the file does not tell it.
    let ownSize: DatasetDefinition.Size?

    init(
      _ definition: DatasetDefinition, facts: DatasetFacts, preprocessing: Preprocessing,
      preprocessingSection: RunSettings.Section, holdOut: HoldOut?, input: StageInput,
      settings: Value
    ) {
      self.facts = facts
      self.preprocessing = preprocessing
      self.preprocessingSection = preprocessingSection
      self.holdOut = holdOut
      self.input = input
      self.settings = settings
      ownSize = definition.imageSize == nil ? facts.imageSize : nil
    }

    /// A task's limit on images per class; `nil` if it leaves out no image.
    func limit(_ task: TaskDefinition, classes: ResolvedClasses) -> Int? {
      guard let perClass = task.examples else { return nil }
      let largest = classes.positions.reduce(0) { largest, position in
        let images = facts.trainingImages[position]
        let name = facts.classes[position]
        return max(largest, images - (holdOut?.count(of: images, class: name) ?? 0))
      }
      return perClass < largest ? perClass : nil
    }
  }

  /// The warnings about training runs, each once.
  var trainingDiagnostics: [Diagnostic] {
    trainingWarnings.map { warning, users in
      let others = users.others > 0 ? " and \(counted(users.others, "other stage"))" : ""
      return Diagnostic(
        .warning, "stage '\(users.stage)'\(others): \(warning.text)", at: users.span)
    }
  }

  /// What later stages need to know about a trained stage. A class, since it is looked up for each of them.
  final class TrainingRole {
    let work: TrainWork
    let task: TaskDefinition
    /// Where the task is named.
    let taskSpan: SourceSpan
    /// The classes of the task, in the order of the network's scores.
    let classes: ResolvedClasses
    /// Identifies the random numbers; see `identity`.
    let identity: Fingerprint
    let network: NetworkMemory.Entry
    /// The name of the network in the file, or a distinguishing label if it has none.
    let networkName: String
    /// The task of the stage that layers were copied from, or the name of the file.
    let sourceName: String?
    /// The stage that layers were copied from, before any phases; `nil` for none.
    let origin: StageInput?
    /// The treatment of each layer, over all phases so far.
    let treatments: [LayerTreatment]
    /// The name of the phases that it is trained in; `nil` if it is trained at once.
    let phases: String?
    /// The other settings that determine the result; see `RunSettings`.
    let settings: RunSettings
    /// Variables that it depends on.
    let variables: OrderedDictionary<String, Value>

    init(
      work: TrainWork, task: TaskDefinition, taskSpan: SourceSpan, classes: ResolvedClasses,
      identity: Fingerprint, network: NetworkMemory.Entry, networkName: String,
      sourceName: String?, origin: StageInput?, treatments: [LayerTreatment], phases: String?,
      settings: RunSettings,
      variables: OrderedDictionary<String, Value>
    ) {
      self.work = work
      self.task = task
      self.taskSpan = taskSpan
      self.classes = classes
      self.identity = identity
      self.network = network
      self.networkName = networkName
      self.sourceName = sourceName
      self.origin = origin
      self.treatments = treatments
      self.phases = phases
      self.settings = settings
      self.variables = variables
    }
  }

  init(
    description: Description, catalog: any DatasetCatalog, history: any StageHistory,
    assumesData: Bool
  ) {
    self.description = description
    originals = PreparedOriginals(pipeline: description.name, history: history)
    self.catalog = catalog
    self.assumesData = assumesData
    var siblings: [TaskDefinition: [TaskDefinition]] = [:]
    for division in description.divisions {
      for task in division { siblings[task, default: []] += division.filter { $0 != task } }
    }
    self.siblings = siblings
  }

  mutating func add(_ stage: StageDescription, _ forms: StageForms) {
    // A stage with an invalid input is skipped, so that each problem has one message.
    guard stage.work.stagesRead.allSatisfy({ byName[$0] != nil }) else { return }
    forms.draft(stage, into: &self)
  }

  /// Adds the work of a stage of the description.
  mutating func append(_ stage: StageDescription, _ work: any StageWork) {
    let sweep =
      stage.variables.isEmpty
      ? nil : SweepPoint(template: stage.template, variables: stage.variables)
    append(stage.name, work, sweep: sweep)
  }

  mutating func append(_ name: String, _ work: any StageWork, sweep: SweepPoint? = nil) {
    byName[name] = stages.count
    stages.append(DraftedStage(name, work, sweep: sweep, memory: settings))
  }

  /// Collects problems, each with its own location or `span`; duplicates are dropped.
  mutating func report(_ error: DiagnosticError, at span: SourceSpan) {
    for var diagnostic in error.diagnostics {
      diagnostic.span = diagnostic.span ?? span
      if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
  }

  /// A stage that was added earlier; `nil` if there is none of that name.
  func drafted(_ stage: String) -> DraftedStage? { byName[stage].map { stages[$0] } }

  func input(_ role: String, from stage: String) -> StageInput {
    guard let planned = byName[stage] else {
      preconditionFailure("inputs are planned before the stages that read them")
    }
    return StageInput(role: role, stage: stage, fingerprint: stages[planned].fingerprint)
  }
}
