import ArtifactStore
import Basics
import Definitions
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
    let reported = ReportedRuns(of: evaluations).runs
    for reported in reported {
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
    let settings = RunListing.settings(of: reported.map { evaluations[$0.evaluation] })
    let paths = Set(settings.map(\.name))
    for (index, name) in table.columns.enumerated() where !RunListing.results.contains(name) {
      let (title, role) = RunListing.role(of: name, table, tasksAreDrawn: isDrawn)
      // What a report names by its path only where it matters is listed of all runs.
      guard !paths.contains(title) else { continue }
      columns.append(
        Column(title, role, rows.map { $0[index] == .null ? nil : VariableValue($0[index]) }))
    }
    columns += settings
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

  /// A column for each setting of the solvers, and each other one in which runs differ beyond what the design says: the
  /// layers of networks with one name, the classes of tasks with one name.
  private static func settings(of evaluations: [ReportedRuns.Evaluation]) -> [Column] {
    var known: [Fingerprint: [String: VariableValue]] = [:]
    var places: [Fingerprint: Set<String>] = [:]
    for work in evaluations.map(\.work) {
      let settings = work.settings
      places[settings.fingerprint, default: []].insert(
        "\(work.design.network ?? "")\n\(work.design.split)\n\(work.design.target)\n\(work.design.source ?? "")"
      )
      guard known[settings.fingerprint] == nil else { continue }
      known[settings.fingerprint] = settings.leaves.mapValues {
        RunListing.shown($0, names: settings.names)
      }
    }
    let paths = known.values.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
    return paths.sorted().filter { path in
      if path.hasPrefix("solver.") { return true }
      var values: [String: VariableValue?] = [:]
      let isOfDesign = ["network", "classes", "tasks"].contains {
        path.hasPrefix("\($0).") || path == $0 || path.contains("source.\($0)")
      }
      for (settings, leaves) in known {
        for place in isOfDesign ? places[settings] ?? [] : [""] {
          if values.updateValue(leaves[path], forKey: place) ?? leaves[path] != leaves[path] {
            return true
          }
        }
      }
      return false
    }.map { path in
      Column(path, .setting, evaluations.map { known[$0.work.settings.fingerprint]?[path] })
    }
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
