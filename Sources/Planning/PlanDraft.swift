import Basics
import Definitions
import PipelineLanguage

/// A plan while it is drawn up: stages are added in dependency order.
struct PlanDraft {
  let description: Description
  let catalog: any DatasetCatalog

  private(set) var stages: [PlannedStage] = []
  private(set) var diagnostics: [Diagnostic] = []

  private var byName: [String: PlannedStage] = [:]
  /// Prepared datasets by name; `nil` for one that is known to be unusable.
  private var datasets: [String: PreparedDataset?] = [:]
  private var training: [String: TrainingRole] = [:]
  private var entries: [String: ReportEntry] = [:]

  /// A dataset's facts and the stage that prepares it.
  private struct PreparedDataset {
    var facts: DatasetFacts
    var preprocessing: Preprocessing
    var input: StageInput

    /// A task's limit; `nil` where it leaves out no image.
    func limit(_ task: TaskDefinition, classes: [String], seed: UInt64) -> ExampleLimit? {
      guard let perClass = task.examples else { return nil }
      let chosen = Set(classes)
      let largest = zip(facts.classes, facts.trainingImages)
        .reduce(0) { chosen.contains($1.0) ? max($0, $1.1) : $0 }
      return perClass < largest ? ExampleLimit(perClass: perClass, seed: seed) : nil
    }
  }
  /// What later stages need to know of a trained one.
  private struct TrainingRole {
    var work: TrainWork
    var task: TaskDefinition
    /// Identifies the random numbers; see `identity`.
    var identity: Fingerprint
    var seed: UInt64
    /// The task of the stage that layers were copied from, or the name of the file.
    var sourceName: String?
  }

  init(description: Description, catalog: any DatasetCatalog) {
    self.description = description
    self.catalog = catalog
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
  }

  private mutating func append(
    _ name: String, _ kind: StageKind, settings: Value, inputs: [StageInput], work: StageWork
  ) {
    let inputValues = inputs.map { ($0.role, Value.string($0.fingerprint.hexadecimal)) }
    let identity: Value = [
      "kind": .string(kind.rawValue), "revision": .integer(kind.revision), "settings": settings,
      "inputs": .map(Dictionary(uniqueKeysWithValues: inputValues)),
    ]
    let stage = PlannedStage(
      name: name, kind: kind, fingerprint: identity.fingerprint, revision: kind.revision,
      settings: settings, inputs: inputs, work: work, status: .cached)
    stages.append(stage)
    byName[name] = stage
  }

  /// Keeps problems, each at its place or else at `span`; the same one once.
  mutating func report(_ error: DiagnosticError, at span: SourceSpan) {
    for var diagnostic in error.diagnostics {
      diagnostic.span = diagnostic.span ?? span
      if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
  }

  private func input(_ role: String, from stage: String) -> StageInput {
    guard let planned = byName[stage] else {
      preconditionFailure("inputs are planned before the stages that read them")
    }
    return StageInput(role: role, stage: stage, fingerprint: planned.fingerprint)
  }
}

// MARK: - Datasets

extension PlanDraft {
  /// The dataset's prepare stage, planned on first use; `nil` where the dataset cannot be used.
  private mutating func prepared(_ name: String) -> PreparedDataset? {
    if let known = datasets[name] { return known }
    guard let described = description.datasets[name] else {
      preconditionFailure("the language checks that datasets are known")
    }
    do {
      let facts = try catalog.facts(of: described.content)
      let stageName = "prepare-\(name)"
      if let clash = description.stages.first(where: { $0.name == stageName }) {
        diagnostics.append(
          .error(
            "stage name '\(stageName)' is kept for the stage that prepares dataset '\(name)'",
            at: clash.span))
        throw DiagnosticError([])
      }
      append(
        stageName, .prepare, settings: described.content.preparationSettings(digest: facts.digest),
        inputs: [],
        work: .prepare(
          PrepareWork(dataset: described.content, content: facts.digest)))
      let dataset = PreparedDataset(
        facts: facts, preprocessing: described.content.preprocessing,
        input: input("data", from: stageName))
      datasets[name] = dataset
      return dataset
    } catch let error as DiagnosticError {
      report(error, at: described.span)
    } catch {
      diagnostics.append(.error("dataset '\(name)' cannot be read: \(error)", at: described.span))
    }
    datasets[name] = .some(nil)
    return nil
  }

  /// The task's dataset and classes; `nil`, with a diagnostic, where there is a problem.
  private mutating func resolve(
    _ task: Described<TaskDefinition>
  ) -> (dataset: PreparedDataset, classes: [String])? {
    guard let dataset = prepared(task.content.dataset) else { return nil }
    do throws(UnknownClass) {
      let classes = try task.content.classes.classes(of: dataset.facts.classes)
      guard classes.count >= 2 else {
        diagnostics.append(
          .error(
            "task '\(task.content.name)' has \(classes.count == 1 ? "one class" : "no classes") of "
              + "dataset '\(task.content.dataset)'; a task needs at least two", at: task.span))
        return nil
      }
      return (dataset, classes)
    } catch {
      let diagnostic = Diagnostic.error(
        "dataset '\(task.content.dataset)' has no class '\(error.name)'", at: task.span,
        notes: Diagnostic.Note.nearest(to: error.name, among: error.known))
      // Every stage of the split meets the same unknown class.
      if !diagnostics.contains(where: { $0.message == diagnostic.message }) {
        diagnostics.append(diagnostic)
      }
      return nil
    }
  }
}

extension DatasetDefinition {
  /// What decides the packed images: neither the path nor how they are shown to a network.
  fileprivate func preparationSettings(digest: Fingerprint) -> Value {
    [
      "content": .string(digest.hexadecimal),
      "size": size.map { [.integer($0.height), .integer($0.width)] } ?? .null,
      "fit": .string(fit.rawValue), "channels": .integer(channels),
      "unreadable": .string(unreadable.rawValue),
    ]
  }
}

extension Diagnostic.Note {
  /// What was probably meant, or else all there is.
  static func nearest(to name: String, among known: [String]) -> [Diagnostic.Note] {
    if let nearest = nearestName(to: name, among: known) {
      return [Diagnostic.Note("did you mean '\(nearest)'?")]
    }
    let shown = known.prefix(20).joined(separator: ", ")
    return [Diagnostic.Note("there are: \(shown)\(known.count > 20 ? ", …" : "")")]
  }
}

// MARK: - Training

extension PlanDraft {
  private mutating func addTrain(_ stage: StageDescription, _ train: TrainDescription) {
    let layers = train.network.content.layers.map {
      LayerTreatment(layer: $0.name, verb: .initialize)
    }
    addTraining(
      stage, network: train.network.content, layers: layers, task: train.task,
      solver: train.solver, seed: train.seed, source: nil)
  }

  private mutating func addTransfer(_ stage: StageDescription, _ transfer: TransferDescription) {
    addTraining(
      stage, network: transfer.network.content, layers: transfer.layers.content,
      task: transfer.task, solver: transfer.solver, seed: transfer.seed,
      source: transfer.source, mean: transfer.mean, layersSpan: transfer.layers.span)
  }

  private mutating func addTraining(
    _ stage: StageDescription, network: NetworkDefinition, layers: [LayerTreatment],
    task: Described<TaskDefinition>, solver: SolverDefinition, seed: UInt64,
    source: WeightsSource?, mean: MeanOrigin = .target, layersSpan: SourceSpan? = nil
  ) {
    guard let (dataset, classes) = resolve(task) else { return }
    let network = network.resolved(classes: classes.count)
    var copied: CopySource?
    if let source, let layersSpan {
      guard let found = copySource(source),
        copiedShapesAgree(
          from: found, to: network, layers: layers, at: layersSpan, task: task.content)
      else { return }
      copied = found
    }

    // The kind is what the user wrote: 'transfer' may copy nothing (random filters).
    let kind: StageKind = if case .train = stage.work { .train } else { .transfer }
    var settings: [String: Value] = [
      "network": network.value, "classes": .list(classes.map(Value.string)),
      "preprocessing": dataset.preprocessing.value, "solver": solver.value,
      "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    if kind == .transfer { settings["layers"] = .list(layers.map(\.value)) }
    let limit = dataset.limit(task.content, classes: classes, seed: seed)
    // What holds for most stages is left out, so that it is no part of their fingerprints.
    if let limit { settings["examples"] = .integer(limit.perClass) }
    if mean != .target { settings["mean"] = .string(mean.rawValue) }
    if let file = copied?.file {
      settings[PlanDraft.weightsSetting] = .string(file.content.hexadecimal)
    }
    var inputs = [dataset.input]
    if let stage = source?.stage { inputs.append(input("source", from: stage.content)) }

    let identity = PlanDraft.identity(
      network: network, classes: classes, seed: seed, layers: kind == .transfer ? layers : [],
      source: copied?.identity)
    let work = TrainWork(
      network: network, layers: layers, classes: classes, limit: limit,
      preprocessing: dataset.preprocessing, mean: mean, solver: solver,
      stream: RandomStream(seed: identity.leadingBits), weights: copied?.file)
    append(stage.name, kind, settings: .map(settings), inputs: inputs, work: .train(work))
    training[stage.name] = TrainingRole(
      work: work, task: task.content, identity: identity, seed: seed,
      sourceName: copied?.label)
  }

  /// The setting that holds the digest of a file of weights.
  static let weightsSetting = "weights"

  /// What copied layers come from.
  private struct CopySource {
    /// What messages call it.
    var name: String
    /// What reports call it: the task it was trained on, or the file.
    var label: String
    /// See `identity`.
    var identity: Fingerprint
    var shapes: [String: [Int]]
    /// The types of tensors that cannot be copied.
    var unreadTypes: [String: String] = [:]
    /// `nil` where it is a stage.
    var file: WeightsFile?

    /// What a missing tensor may be called.
    func namesNear(_ name: String) -> [Diagnostic.Note] {
      Diagnostic.Note.nearest(to: name, among: shapes.keys.sorted())
    }
  }

  /// What is known of a source; `nil`, with a diagnostic, where it cannot be used.
  private mutating func copySource(_ source: WeightsSource) -> CopySource? {
    switch source {
    case .stage(let name):
      guard let role = training[name.content], let parameters = try? role.work.network.parameters()
      else {
        preconditionFailure("the language checks that sources are trained and fit together")
      }
      return CopySource(
        name: name.content, label: role.task.name, identity: role.identity,
        shapes: Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) }))
    case .file(let path):
      guard let (file, facts) = weights(path) else { return nil }
      return CopySource(
        name: file.name, label: file.name, identity: file.content, shapes: facts.shapes,
        unreadTypes: facts.unreadTypes, file: file)
    }
  }
  /// What a stage's random numbers are keyed by.
  ///
  /// Not the name, so that a rename reruns nothing; not the solver, so that a longer training begins as
  /// the shorter one did. Base A, base B and every transfer differ in it: were they to share their
  /// initialisation, the re-initialised layers of BnB would start where those of base B started, and the
  /// loss of co-adaptation that BnB measures would be understated.
  private static func identity(
    network: NetworkDefinition, classes: [String], seed: UInt64, layers: [LayerTreatment],
    source: Fingerprint?
  ) -> Fingerprint {
    let value: Value = [
      "network": network.value, "classes": .list(classes.map(Value.string)),
      "seed": .integer(Int(truncatingIfNeeded: seed)),
      "verbs": .list(layers.map { .string($0.verb.rawValue) }),
      "source": source.map { .string($0.hexadecimal) } ?? .null,
    ]
    return value.fingerprint
  }

  /// Whether every copied layer has parameters of the same shapes on both sides; adds a diagnostic for
  /// each that has not.
  private mutating func copiedShapesAgree(
    from source: CopySource, to network: NetworkDefinition, layers: [LayerTreatment],
    at span: SourceSpan, task: TaskDefinition
  ) -> Bool {
    guard let ours = try? network.parameters() else {
      preconditionFailure("the language checks that networks fit together")
    }
    var agree = true
    for treatment in layers where treatment.verb.origin == .copied {
      for parameter in ours where parameter.layer == treatment.layer {
        let theirShape = source.shapes[parameter.name]
        guard theirShape != parameter.shape else { continue }
        let found =
          theirShape.map { $0.map(String.init).joined(separator: "×") }
          ?? source.unreadTypes[parameter.name].map { "of type \($0)" } ?? "missing"
        let wanted = parameter.shape.map(String.init).joined(separator: "×")
        diagnostics.append(
          .error(
            "layer '\(treatment.layer)' cannot be copied from '\(source.name)': "
              + "'\(parameter.name)' is \(found) there and \(wanted) on task '\(task.name)'",
            at: span, notes: found == "missing" ? source.namesNear(parameter.name) : []))
        agree = false
        break
      }
    }
    return agree
  }
}

// MARK: - Measuring

extension PlanDraft {
  private mutating func addEvaluate(_ stage: StageDescription, _ evaluation: EvaluateDescription) {
    let name = evaluation.network.content
    guard let role = training[name] else {
      preconditionFailure("the language checks that evaluated stages are trained")
    }
    guard let (dataset, classes) = resolve(evaluation.task) else { return }
    guard classes.count == role.work.classes.count else {
      diagnostics.append(
        .error(
          "'\(name)' tells \(role.work.classes.count) classes apart, but task "
            + "'\(evaluation.task.content.name)' has \(classes.count)", at: evaluation.task.span))
      return
    }
    let settings: Value = [
      "classes": .list(classes.map(Value.string)), "subset": .string(evaluation.subset.rawValue),
    ]
    let work = EvaluateWork(
      network: role.work.network, classes: classes, preprocessing: role.work.preprocessing,
      subset: evaluation.subset)
    append(
      stage.name, .evaluate, settings: settings,
      inputs: [dataset.input, input("network", from: name)], work: .evaluate(work))
    entries[stage.name] = reportEntry(for: role)
  }

  private func reportEntry(for role: TrainingRole) -> ReportEntry {
    let (kind, depth) = TreatmentKind.kind(of: role.work.layers)
    return ReportEntry(
      split: role.task.split ?? role.task.dataset, target: role.task.name,
      source: kind == .random ? nil : role.sourceName, depth: depth, kind: kind,
      seed: role.seed, examples: role.work.limit?.perClass)
  }

  private mutating func addReport(_ stage: StageDescription, _ report: ReportDescription) {
    var inputs: [StageInput] = []
    var reported: [ReportEntry] = []
    for evaluation in report.evaluations {
      guard let entry = entries[evaluation.content] else {
        preconditionFailure("the language checks that reported stages are evaluations")
      }
      inputs.append(input("evaluation \(reported.count)", from: evaluation.content))
      reported.append(entry)
    }
    let settings: Value = ["entries": .list(reported.map(\.value))]
    append(
      stage.name, .report, settings: settings, inputs: inputs,
      work: .report(ReportWork(entries: reported)))
  }
}

extension ReportEntry: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "split": .string(split), "target": .string(target),
      "source": source.map(Value.string) ?? .null, "depth": .integer(depth),
      "kind": .string(kind.rawValue), "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    if let examples { entries["examples"] = .integer(examples) }
    return .map(entries)
  }
}

extension TreatmentKind {
  /// Where an assignment of verbs stands in the paper's notation: its kind, and n.
  ///
  /// The paper's treatments give one verb to the first n layers and initialise the rest.
  static func kind(of layers: [LayerTreatment]) -> (kind: TreatmentKind, depth: Int) {
    guard let first = layers.first?.verb, first != .initialize else {
      let uniform = layers.allSatisfy { $0.verb == .initialize }
      return (uniform ? .base : .other, 0)
    }
    let depth = layers.prefix { $0.verb == first }.count
    guard layers.dropFirst(depth).allSatisfy({ $0.verb == .initialize }) else {
      return (.other, depth)
    }
    switch first {
    case .freeze: return (.frozen, depth)
    case .fineTune: return (.fineTuned, depth)
    case .random: return (.random, depth)
    case .initialize: return (.other, depth)
    }
  }
}
