import Basics
import Definitions
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
    enum Visit { case none, open, done }
    let stages = description.stages
    let positions = Dictionary(
      uniqueKeysWithValues: stages.enumerated().map { ($1.name, $0) })
    var visits = Array(repeating: Visit.none, count: stages.count)
    var ordered: [StageDescription] = []
    ordered.reserveCapacity(stages.count)
    // An explicit stack: a chain of thousands of transfers must not exhaust the thread's.
    var stack: [(position: Int, entered: Bool)] = []
    for root in stages.indices where visits[root] == .none {
      stack.append((root, false))
      while let (position, entered) = stack.popLast() {
        let stage = stages[position]
        if entered {
          visits[position] = .done
          ordered.append(stage)
          continue
        }
        guard visits[position] != .done else { continue }
        guard visits[position] == .none else {
          throw DiagnosticError("stage '\(stage.name)' depends on itself", at: stage.span)
        }
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
