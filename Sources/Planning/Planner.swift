import Basics
import Definitions
import OrderedCollections
import PipelineLanguage

/// Turns a description into a plan.
///
/// Planning runs nothing: it looks at datasets through a catalog and at earlier runs through a history.
package struct Planner {
  let description: Description
  let catalog: any DatasetCatalog
  let history: any StageHistory
  let speeds: (any SpeedBook)?

  /// - Parameter speeds: what tells how long stages will take; `nil` where that is not asked for.
  package init(
    description: Description, catalog: any DatasetCatalog, history: any StageHistory,
    speeds: (any SpeedBook)? = nil
  ) {
    self.description = description
    self.catalog = catalog
    self.history = history
    self.speeds = speeds
  }

  /// The plan of the pipeline.
  ///
  /// - Parameters:
  ///   - only: patterns of stages to plan, with what they are made from; all where empty.
  ///   - forced: patterns of stages to run even where their artifact is there.
  ///   - assumingData: whether datasets that are not there are taken to be as the file declares them; such
  ///     a plan says so, and cannot be run.
  /// - Throws: `DiagnosticError` with every problem that only the data shows: a missing dataset, an
  ///   unknown class, copied layers of unlike shapes.
  package func plan(
    only: [String] = [], forced: [String] = [], assumingData: Bool = false
  ) throws -> Plan {
    var draft = PlanDraft(
      description: description, catalog: catalog, assumesData: assumingData)
    for stage in try inDependencyOrder() { draft.add(stage) }
    guard draft.diagnostics.isEmpty else { throw DiagnosticError(draft.diagnostics) }
    var plan = Plan(
      pipeline: description.name, stages: draft.stages, assumed: draft.assumed)
    let forcedNames = try plan.names(matching: forced)
    if !only.isEmpty { plan = try plan.selecting(only) }
    try plan.judge(by: history, forced: forcedNames)
    plan.decidePrefixReuse(budget: PrefixReuse.usualBudget)
    try plan.price(by: speeds)
    return plan
  }

  /// The description's stages, each after those it reads, otherwise in the order of the file.
  private func inDependencyOrder() throws -> [StageDescription] {
    let byName = Dictionary(uniqueKeysWithValues: description.stages.map { ($0.name, $0) })
    var ordered: OrderedDictionary<String, StageDescription> = [:]
    var open: Set<String> = []
    // An explicit stack: a chain of thousands of transfers must not exhaust the thread's.
    for root in description.stages where ordered[root.name] == nil {
      var stack: [(stage: StageDescription, entered: Bool)] = [(root, false)]
      while let (stage, entered) = stack.popLast() {
        if entered {
          open.remove(stage.name)
          ordered[stage.name] = stage
          continue
        }
        guard ordered[stage.name] == nil else { continue }
        guard open.insert(stage.name).inserted else {
          throw DiagnosticError("stage '\(stage.name)' depends on itself", at: stage.span)
        }
        stack.append((stage, true))
        for name in stage.work.stagesRead.reversed() {
          guard let input = byName[name] else {
            throw DiagnosticError("stage '\(stage.name)' reads unknown '\(name)'", at: stage.span)
          }
          if ordered[name] == nil { stack.append((input, false)) }
        }
      }
    }
    return Array(ordered.values)
  }
}

extension WorkDescription {
  /// The names of the stages whose artifacts the stage reads.
  var stagesRead: [String] {
    switch self {
    case .train: []
    case .transfer(let transfer): transfer.source?.stage.map { [$0.content] } ?? []
    case .evaluate(let evaluation): [evaluation.network.content]
    case .report(let report): report.evaluations.map(\.content)
    }
  }
}
