import Basics
import Definitions
import OrderedCollections

/// Resolves the references between stages, and fills in what a stage takes from the one it refers to.
struct StageResolver {
  private let table: StageTable
  let context: ReadingContext
  /// For each stage, the positions of the stages whose weights it reads; see `KnownStages`.
  private var sources: [[Int?]]
  /// The trained network of each stage; `nil` if it trains nothing or has errors.
  private var trained: [TrainedNetwork?]
  private var works: [(any WorkDescription)?]
  var fit: StageFit
  var treatments = KnownTreatments()
  /// Finds the stages that reports name.
  var selection: ReportSelection

  private init(
    _ table: StageTable, _ datasets: OrderedDictionary<String, Described<LocatedDataset>>,
    _ context: ReadingContext
  ) {
    self.table = table
    self.context = context
    fit = StageFit(datasets: datasets, context: context)
    selection = ReportSelection(table: table, context: context)
    sources = []
    trained = Array(repeating: nil, count: table.stages.count)
    works = Array(repeating: nil, count: table.stages.count)
  }

  /// The stages' descriptions in the order of the file; those with errors are reported and left out.
  static func descriptions(
    of table: StageTable, datasets: OrderedDictionary<String, Described<LocatedDataset>>,
    context: ReadingContext
  ) -> [StageDescription] {
    var resolver = StageResolver(table, datasets, context)
    resolver.sources = KnownStages(table: table, context: context).sources()
    let order = StageOrder(sources: resolver.sources.map { $0.compactMap(\.self) })
    order.reportCycles(among: table.stages, context)
    for position in order.positions { resolver.resolve(position) }
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
    context.diagnostics.enter(table.stages[position].point)
    works[position] = table.stages[position].draft?.resolve(&self, at: position)
    context.diagnostics.point = nil
  }

  /// The network that another stage reads; `nil` if its stage has errors.
  func network(readBy position: Int) -> TrainedNetwork? {
    sources[position].first?.flatMap { trained[$0] }
  }

  /// All networks that another stage reads; `nil` if a stage of theirs has errors.
  func networks(readBy position: Int) -> [TrainedNetwork]? {
    let found = sources[position].compactMap { $0.flatMap { trained[$0] } }
    return found.count == sources[position].count ? found : nil
  }

  /// Records the network of a stage for those that read it, and checks that it can be trained.
  mutating func keep(_ network: TrainedNetwork, at position: Int) {
    trained[position] = network
    fit.checkTraining(network)
  }
}

extension DiagnosticCollector {
  /// Attributes subsequent problems to a point of a sweep.
  func enter(_ point: Sweep.Point) {
    guard !point.isEmpty else { return }
    self.point = point
  }
}

extension Described<CheckedNetwork> {
  var definition: Described<NetworkDefinition> {
    Described<NetworkDefinition>(content.definition, at: span)
  }
}
