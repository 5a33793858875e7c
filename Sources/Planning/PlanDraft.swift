import Basics
import Definitions
import OrderedCollections
import PipelineLanguage

/// A plan while it is drawn up: stages are added in dependency order.
package struct PlanDraft {
  let description: Description
  let catalog: any DatasetCatalog
  /// Whether datasets that are not there are taken to be as declared.
  let assumesData: Bool

  /// The datasets for which that was so.
  var assumed: [String] = []
  /// What was not there, and is known from when it was.
  var missing: [MissingSource] = []
  private(set) var stages: [DraftedStage] = []
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
  let settings = SettingsMemory()
  /// How the identities of trainings begin: with classes and network, by their fingerprints.
  var identities: [[Fingerprint]: MapHasher] = [:]

  /// A dataset's facts and the stage that prepares it.
  struct PreparedDataset {
    var facts: DatasetFacts
    var preprocessing: Preprocessing
    /// The same among what decides a run.
    var preprocessingSection: RunSettings.Section
    var holdOut: HoldOut?
    var input: StageInput
    /// A task's limit on images of a class; `nil` where it leaves out no image.
    func limit(_ task: TaskDefinition, classes: ResolvedClasses) -> Int? {
      guard let perClass = task.examples else { return nil }
      let largest = classes.positions.reduce(0) { largest, position in
        let images = facts.trainingImages[position]
        return max(largest, images - (holdOut?.count(of: images) ?? 0))
      }
      return perClass < largest ? perClass : nil
    }
  }

  /// What later stages need to know of a trained one.
  struct TrainingRole {
    var work: TrainWork
    var task: TaskDefinition
    /// Where the task is named.
    var taskSpan: SourceSpan
    /// The task's, in the order of the network's scores.
    var classes: ResolvedClasses
    /// Identifies the random numbers; see `identity`.
    var identity: Fingerprint
    var network: NetworkMemory.Entry
    /// What the file calls the network, or what tells it apart where it has no name.
    var networkName: String
    /// The task of the stage that layers were copied from, or the name of the file.
    var sourceName: String?
    /// What else decides what the training comes to; see `RunSettings`.
    var settings: RunSettings
    /// Variables that it depends on.
    var variables: OrderedDictionary<String, Value>
  }

  init(description: Description, catalog: any DatasetCatalog, assumesData: Bool) {
    self.description = description
    self.catalog = catalog
    self.assumesData = assumesData
  }

  mutating func add(_ stage: StageDescription, _ forms: StageForms) {
    // A stage whose input is already known to be wrong is passed over: one problem, one message.
    guard stage.work.stagesRead.allSatisfy({ byName[$0] != nil }) else { return }
    forms.draft(stage, into: &self)
  }

  /// Adds what a stage of the description does.
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

  /// Keeps problems, each at its place or else at `span`; the same one once.
  mutating func report(_ error: DiagnosticError, at span: SourceSpan) {
    for var diagnostic in error.diagnostics {
      diagnostic.span = diagnostic.span ?? span
      if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
  }

  /// A stage that has been added; `nil` where there is none of that name.
  func drafted(_ stage: String) -> DraftedStage? { byName[stage].map { stages[$0] } }

  func input(_ role: String, from stage: String) -> StageInput {
    guard let planned = byName[stage] else {
      preconditionFailure("inputs are planned before the stages that read them")
    }
    return StageInput(role: role, stage: stage, fingerprint: stages[planned].fingerprint)
  }
}
