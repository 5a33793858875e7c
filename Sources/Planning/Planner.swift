import Basics
import Definitions
import PipelineLanguage

/// Turns a description into a plan.
///
/// Planning runs nothing. It obtains facts about datasets from a catalog, and about earlier runs from a history.
package struct Planner {
  let description: Description
  let forms: StageForms
  let catalog: any DatasetCatalog
  let history: any StageHistory
  let speeds: (any SpeedBook)?

  /// - Parameters:
  ///   - forms: the kinds of stages that the description was read with.
  ///   - speeds: measured speeds on this machine; `nil` if times are not needed.
  package init(
    description: Description, forms: StageForms, catalog: any DatasetCatalog,
    history: any StageHistory,
    speeds: (any SpeedBook)? = nil
  ) {
    self.description = description
    self.forms = forms
    self.catalog = catalog
    self.history = history
    self.speeds = speeds
  }

  /// The plan of the pipeline.
  ///
  /// - Parameters:
  ///   - only: patterns of stages to plan, including everything upstream of them; all stages if empty.
  ///   - forced: patterns of stages to run even if they are cached.
  ///   - assumingData: whether missing datasets are assumed to be as declared in the file. Such a plan says so, and
  ///     cannot be run.
  ///   - activations: the options of the run for caching activations of frozen layers.
  ///   - pricesCached: whether the cost of cached stages is needed.
  /// - Throws: `DiagnosticError` with every problem that depends on the data: a missing dataset, an unknown class,
  ///   copied layers with different shapes.
  package func plan(
    only: [String] = [], forced: [String] = [], assumingData: Bool = false,
    activations: ActivationPolicy = .usual, pricesCached: Bool = true
  ) throws -> Plan {
    var draft = PlanDraft(
      description: description, catalog: catalog, history: history, assumesData: assumingData)
    // Checking for artifacts mostly waits for the file system, so it happens while stages are drafted.
    var search = BackgroundMap(batch: 64) { [history] in try history.presences(of: $0) }
    for position in try inDependencyOrder() {
      let drafted = draft.stages.count
      draft.add(description.stages[position], forms)
      for stage in draft.stages[drafted...] { search.add(stage.fingerprint) }
    }
    if let error = draft.historyError { throw error }
    guard draft.diagnostics.isEmpty else { throw DiagnosticError(draft.diagnostics) }
    let judgement = Judgement(
      pipeline: description.name, history: history,
      forced: try Plan.names(matching: forced, among: draft.stages.map(\.name)))
    var plan = Plan(
      pipeline: description.name,
      stages: try judgement.judge(draft.stages, try search.results()), assumed: draft.assumed,
      missing: draft.missing, warnings: draft.warnings + draft.trainingDiagnostics)
    if !only.isEmpty { plan = try plan.selecting(only) }
    for index in plan.stages.indices where plan.stages[index].status.isToRun {
      guard let work = plan.stages[index].work.training else { continue }
      plan.stages[index].prefixReuse = PrefixReuse(
        work, activations, after: plan.stages[index].continuation?.iteration ?? 0)
    }
    try plan.price(by: speeds, withCached: pricesCached)
    return plan
  }

  /// The positions of the description's stages, each after those it reads, otherwise in the order of the file.
  private func inDependencyOrder() throws -> [Int] {
    enum Visit { case none, open, done }
    let stages = description.stages
    let positions = Dictionary(
      uniqueKeysWithValues: stages.enumerated().map { ($1.name, $0) })
    var visits = Array(repeating: Visit.none, count: stages.count)
    var ordered: [Int] = []
    ordered.reserveCapacity(stages.count)
    // An explicit stack: a chain of thousands of transfers must not overflow the thread's.
    var stack: [(position: Int, entered: Bool)] = []
    for root in stages.indices where visits[root] == .none {
      stack.append((root, false))
      while let (position, entered) = stack.popLast() {
        if entered {
          visits[position] = .done
          ordered.append(position)
          continue
        }
        guard visits[position] != .done else { continue }
        guard visits[position] == .none else {
          throw DiagnosticError(
            "stage '\(stages[position].name)' depends on itself", at: stages[position].span)
        }
        let stage = stages[position]
        visits[position] = .open
        stack.append((position, true))
        for name in stage.work.stagesRead.reversed() {
          guard let input = positions[name] else {
            throw DiagnosticError("stage '\(stage.name)' reads unknown '\(name)'", at: stage.span)
          }
          if visits[input] != .done { stack.append((input, false)) }
        }
      }
    }
    return ordered
  }
}
