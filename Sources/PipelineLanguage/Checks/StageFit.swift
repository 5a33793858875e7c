import Basics
import Definitions
import OrderedCollections

/// The network that a stage trains, as needed by stages that depend on it.
final class TrainedNetwork {
  let network: Described<CheckedNetwork>
  let task: Described<TaskDefinition>

  init(network: Described<CheckedNetwork>, task: Described<TaskDefinition>) {
    self.network = network
    self.task = task
  }
}

/// Checks that networks, images and classes match, as far as the file alone determines. Planning checks what depends
/// on the data.
struct StageFit {
  let datasets: OrderedDictionary<String, Described<LocatedDataset>>
  let context: ReadingContext
  /// Files of weights with a warning.
  private var warnedOf: Set<String> = []

  init(datasets: OrderedDictionary<String, Described<LocatedDataset>>, context: ReadingContext) {
    self.datasets = datasets
    self.context = context
  }

  private func classes(of task: TaskDefinition) -> KnownClasses? {
    datasets[task.dataset]?.content.classes
  }

  private func count(of task: TaskDefinition) -> Int? {
    task.classes.count(among: classes(of: task))
  }

  /// The images of a task in a subset; `nil` if the file alone does not tell.
  func knownImages(of task: TaskDefinition, _ portion: Portion) -> Int? {
    guard let each = datasets[task.dataset]?.content.definition.knownImages(portion),
      let classes = count(of: task)
    else { return nil }
    return classes * min(each, portion == .train ? task.examples ?? each : each)
  }

  private var inputs: InputFit { InputFit(datasets: datasets, context: context) }

  /// Checks a training run, from scratch or from copied layers.
  func checkTraining(_ trained: TrainedNetwork) {
    guard let count = count(of: trained.task.content) else {
      inputs.check(trained)
      return
    }
    if TaskSize.check(count, trained.task, context) {
      let network = trained.network.content
      let problem = ScoresFit.problem(
        network.definition, scores: network.places.scores, classes: count, task: trained.task)
      if let problem { context.diagnostics.report(problem) }
    }
    inputs.check(trained)
  }

  /// Checks that a solver's batches suit the augmentation of the images trained on.
  func checkBatch(of solver: SolverDefinition, on task: Described<TaskDefinition>) {
    inputs.checkBatch(of: solver, on: task)
  }

  /// Checks the layers that a transfer copies from a stage.
  func checkTransfer(
    _ trained: TrainedNetwork, from source: TrainedNetwork, _ treatments: [LayerTreatment],
    at span: SourceSpan, mean: MeanOrigin
  ) {
    let target = trained.task.content
    if let own = count(of: target), let theirs = count(of: source.task.content), own != theirs {
      CopiedScores(source: source, trained: trained, context: context)
        .check(treatments, at: span, classes: own, sourceClasses: theirs)
    } else if treatments.last?.verb == .freeze,
      target.differsInClasses(
        from: source.task.content, classes(of: target), classes(of: source.task.content)) == true
    {
      context.diagnostics.warn(
        "layer '\(treatments.last?.layer ?? "")' keeps the scores of '\(source.task.content.title)', "
          + "whose classes differ from those of '\(target.title)'", at: span,
        notes: [
          Diagnostic.Note(
            "'\(source.task.content.title)' is trained on here", at: source.task.span),
          Diagnostic.Note("'\(target.title)' is trained on here", at: trained.task.span),
        ])
    }
    if mean == .source { inputs.checkMean(of: source, on: trained.task) }
  }

  /// Warns, once per file, that a file's weights may expect other inputs.
  mutating func checkFile(
    _ path: Described<String>, _ treatments: [LayerTreatment], on task: Described<TaskDefinition>
  ) {
    guard treatments.contains(where: { $0.verb.origin == .copied }),
      let dataset = datasets[task.content.dataset], warnedOf.insert(path.content).inserted
    else { return }
    ImportedInputs(path: path, dataset: dataset, context: context).warn()
  }

  /// Checks what a network is measured on; returns whether it is valid.
  func checkEvaluation(
    of name: String, _ trained: TrainedNetwork, on task: Described<TaskDefinition>
  ) -> Bool {
    if let count = count(of: task.content), !TaskSize.check(count, task, context) { return false }
    if task.content.differsInClasses(
      from: trained.task.content, classes(of: task.content), classes(of: trained.task.content))
      == true
    {
      context.diagnostics.report(
        MeasuredClasses.problem(
          network: name, trained: trained.task,
          trainedClasses: trained.task.content.classes.names(
            among: classes(of: trained.task.content)), task: task,
          classes: task.content.classes.names(among: classes(of: task.content))))
      return false
    }
    return inputs.checkMeasured(name, trained, on: task)
  }

  /// Checks what a network is shown, which may have other classes than those it was trained on; returns whether it is
  /// valid.
  func checkObservation(
    of name: String, _ trained: TrainedNetwork, on task: Described<TaskDefinition>
  ) -> Bool {
    if let count = count(of: task.content), !TaskSize.check(count, task, context) { return false }
    return inputs.checkMeasured(name, trained, on: task)
  }
}

/// Checks that a task has at least two classes.
package enum TaskSize {
  static func check(
    _ count: Int, _ task: Described<TaskDefinition>, _ context: ReadingContext
  ) -> Bool {
    guard count < 2 else { return true }
    context.diagnostics.report(problem(task.content, classes: count), at: task.span)
    return false
  }

  /// The problem of a task with too few classes.
  package static func problem(_ task: TaskDefinition, classes count: Int) -> String {
    "task '\(task.name)' has \(count == 1 ? "one class" : "no classes") of dataset "
      + "'\(task.dataset)'; a task needs at least two"
  }
}
