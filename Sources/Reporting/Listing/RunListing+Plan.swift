import ArtifactStore
import Basics
import Planning
import Results

extension RunListing {
  /// A plan, and the store with its results.
  package struct PlannedRuns {
    package var plan: Plan
    package var store: Store

    package init(plan: Plan, store: Store) {
      self.plan = plan
      self.store = store
    }
  }

  /// The evaluations of one plan or several, with or without results: with their places in the design, the variables of
  /// sweeps and repetitions, and the settings in which they differ, as in a report.
  ///
  /// - Throws: `DiagnosticError` if a store cannot be read.
  package init(of planned: [PlannedRuns]) throws(DiagnosticError) {
    var evaluations: [ReportedRuns.Evaluation] = []
    var owners: [Int] = []
    for (index, source) in planned.enumerated() {
      for stage in source.plan.stages {
        guard let evaluation = ReportedRuns.Evaluation(stage.draft) else { continue }
        evaluations.append(evaluation)
        owners.append(index)
      }
    }
    var runs: [RunResult] = []
    var pipelines: [VariableValue?] = []
    var details: [EvaluationResult?] = []
    for reported in ReportedRuns(of: evaluations).runs {
      let evaluation = evaluations[reported.evaluation]
      let source = planned[owners[reported.evaluation]]
      pipelines.append(.text(source.plan.pipeline))
      guard case .found(let record) = try source.store.record(for: evaluation.fingerprint) else {
        runs.append(
          RunResult(
            name: evaluation.name, design: reported.entry,
            outcome: .missing("it has not been measured")))
        details.append(nil)
        continue
      }
      runs.append(
        try RunResult(name: evaluation.name, design: reported.entry, evaluation: record))
      details.append(EvaluationResult(metrics: record.metrics))
    }
    let table = RunTable(runs)
    let rows = runs.map(table.fields)
    let isDrawn = runs.allSatisfy {
      if case .random = $0.design.division { true } else { false }
    }
    var columns: [Column] = []
    for (index, name) in table.columns.enumerated() where !RunListing.results.contains(name) {
      let (title, role) = RunListing.role(of: name, table, tasksAreDrawn: isDrawn)
      columns.append(
        Column(title, role, rows.map { $0[index] == .null ? nil : VariableValue($0[index]) }))
    }
    columns.insert(Column("pipeline", .label, pipelines), at: min(1, columns.count))
    // What was measured, whether or not the network trained.
    columns.append(Column("top1", .result, runs.map { $0.measure.map { .number($0.top1) } }))
    columns.append(Column("top5", .result, details.map { $0.map { .number($0.top5) } }))
    columns.append(Column("loss", .result, details.map { $0.map { .number($0.loss) } }))
    columns.append(
      Column(
        RunListing.imagesName, .result, details.map { $0.map { .number(Double($0.images)) } }))
    self.init(columns, count: runs.count)
  }

  /// The columns of a table of runs that are results.
  private static let results: Set<String> = ["top1", imagesName]
  private static let labels: Set<String> = ["run", "outcome", "reason", "selected_on_itself"]
  private static let replicates: Set<String> = ["division_seed", "seed"]
  private static let tasks: Set<String> = ["target", "source"]

  /// What a column of a table of runs is called here, and its role.
  private static func role(
    of column: String, _ table: RunTable, tasksAreDrawn: Bool
  ) -> (String, Column.Role) {
    if let variable = table.variables.first(where: {
      ColumnMeaning.column(of: $0.name, $0.role) == column
    }) {
      switch variable.role {
      case .setting: return (variable.name, .setting)
      case .replicate: return (variable.name, .replicate)
      case .label: return (variable.name, .label)
      }
    }
    if labels.contains(column) { return (column, .label) }
    // The tasks of random divisions are interchangeable.
    if replicates.contains(column) || tasksAreDrawn && tasks.contains(column) {
      return (column, .replicate)
    }
    return (column, .setting)
  }
}
