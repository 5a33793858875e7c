import Basics
import Definitions
import OrderedCollections

/// Follows the references between stages and fills in what a stage takes from the one it refers to.
struct StageResolver {
  private let table: StageTable
  private let context: ReadingContext
  /// For each stage the position of the stage whose weights it reads.
  private var sources: [Int?]
  /// What is known of each stage; `nil` where it trains nothing or is wrong.
  private var trained: [TrainedNetwork?]
  private var works: [WorkDescription?]
  private var fit: StageFit

  private init(
    _ table: StageTable, _ datasets: OrderedDictionary<String, Described<LocatedDataset>>,
    _ context: ReadingContext
  ) {
    self.table = table
    self.context = context
    fit = StageFit(datasets: datasets, context: context)
    sources = []
    trained = Array(repeating: nil, count: table.stages.count)
    works = Array(repeating: nil, count: table.stages.count)
  }

  /// The stages' descriptions in the order of the file; those that are wrong are reported and left
  /// out.
  static func descriptions(
    of table: StageTable, datasets: OrderedDictionary<String, Described<LocatedDataset>>,
    context: ReadingContext
  ) -> [StageDescription] {
    var resolver = StageResolver(table, datasets, context)
    resolver.sources = KnownStages(table: table, context: context).sources()
    let order = StageOrder(sources: resolver.sources)
    order.reportCycles(among: table.stages, context)
    for position in order.positions { resolver.resolve(position) }
    resolver.resolveReports()
    return zip(table.stages, resolver.works).compactMap { stage, work in
      work.map {
        StageDescription(
          name: stage.name, template: stage.template,
          variables: stage.point.mapValues(\.value), independent: stage.independent, work: $0,
          span: stage.span)
      }
    }
  }

  private mutating func resolve(_ position: Int) {
    let stage = table.stages[position]
    context.diagnostics.enter(stage)
    defer { context.diagnostics.point = nil }
    switch stage.draft {
    case .train(let draft)?:
      let network = TrainedNetwork(network: draft.network, task: draft.task)
      trained[position] = network
      fit.checkTraining(network)
      LearningLayers(network: draft.network.content, context: context).check(
        draft.network.content.layerNames.map { LayerTreatment(layer: $0, verb: .initialize) },
        at: draft.network.span)
      works[position] = .train(
        TrainDescription(
          network: draft.network.definition, networkName: draft.network.content.name,
          scores: draft.network.content.places.scores, task: draft.task, solver: draft.solver,
          seed: draft.seed, validation: draft.validation))
    case .transfer(let draft)?:
      resolve(draft, position)
    case .evaluate(let draft)?:
      guard let source = sources[position], let trained = trained[source] else { return }
      if let task = draft.task,
        !fit.checkEvaluation(of: draft.network.content, trained, on: task)
      {
        return
      }
      var task = draft.task ?? trained.task
      // A limit is on what is trained on.
      task.content.examples = nil
      works[position] = .evaluate(
        EvaluateDescription(
          network: draft.network, task: task, subset: draft.subset, score: draft.score))
    case .report?, nil:
      break
    }
  }

  private mutating func resolve(_ draft: TransferDraft, _ position: Int) {
    let source = sources[position].flatMap { trained[$0] }
    // A transfer whose source is wrong says nothing that could be checked.
    if draft.source?.stage != nil, source == nil { return }
    guard let network = draft.network ?? source?.network,
      let treatments = LayerCoverage(network: network.content, context: context)
        .treatments(draft.rules)
    else { return }
    if draft.network != nil, let source,
      !CopiedShapes(source: source.network.content, network: network.content, context: context)
        .check(treatments, at: draft.rules.span)
    {
      return
    }
    let result = TrainedNetwork(network: network, task: draft.task)
    trained[position] = result
    fit.checkTraining(result)
    if let source {
      fit.checkTransfer(
        result, from: source, treatments, at: draft.rules.span, mean: draft.mean)
    }
    if case .file(let path, _)? = draft.source { fit.checkFile(path, treatments, on: draft.task) }
    LearningLayers(network: network.content, context: context)
      .check(treatments, at: draft.rules.span)
    works[position] = .transfer(
      TransferDescription(
        source: draft.source, network: network.definition, networkName: network.content.name,
        scores: network.content.places.scores,
        layers: Described(treatments, at: draft.rules.span), task: draft.task,
        solver: draft.solver, seed: draft.seed, mean: draft.mean,
        validation: draft.validation))
  }

  private mutating func resolveReports() {
    var selection = ReportSelection(table: table, context: context)
    for (position, stage) in table.stages.enumerated() {
      guard case .report(let draft)? = stage.draft else { continue }
      context.diagnostics.enter(stage)
      works[position] = selection.evaluations(draft).map {
        .report(ReportDescription(evaluations: $0))
      }
      context.diagnostics.point = nil
    }
  }
}

extension DiagnosticCollector {
  /// From here on, problems are those of a stage at its point of a sweep.
  func enter(_ stage: ExpandedStage) { enter(stage.point) }

  /// From here on, problems are those at a point of a sweep.
  func enter(_ point: Sweep.Point) {
    guard !point.isEmpty else { return }
    self.point = { point.text }
  }
}

extension Described<CheckedNetwork> {
  var definition: Described<NetworkDefinition> {
    Described<NetworkDefinition>(content.definition, at: span)
  }
}
