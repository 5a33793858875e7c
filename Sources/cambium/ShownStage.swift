import ArtifactStore
import Basics
import Definitions
import Execution
import Planning
import Reporting
import Results
import SystemPackage

/// What `cambium show` prints of a finished stage: its result first, and what it was computed from.
struct ShownStage {
  let planned: PlannedStage
  let artifact: StoredArtifact
  let store: Store

  private var record: StageRecord { artifact.record }

  /// More inputs of a stage are counted: a report may read hundreds.
  private static let mostInputs = 12

  /// - Parameter isWhole: whether every setting, the load report, metrics and provenance follow.
  /// - Throws: `DiagnosticError` if a file of the result cannot be read.
  func text(isWhole: Bool) throws -> String {
    var lines = ["\(planned.name) (\(record.kind))"]
    func add(_ name: String, _ text: String) {
      lines.append(name + String(repeating: " ", count: max(2, 13 - name.count)) + text)
    }
    for line in try result { add("result", line) }
    for remark in PackedSummary(metrics: record.metrics)?.remarks ?? [] { add("note", remark) }
    let since = StageProvenance(of: record).continuation.map {
      " from iteration \($0.iteration) on"
    }
    add(
      "took", "\(duration(seconds: record.seconds))\(since ?? ""), \(date(seconds: record.started))"
    )
    let inputs = self.inputs
    let shown = inputs.count > ShownStage.mostInputs ? ShownStage.mostInputs / 2 : inputs.count
    for input in inputs.prefix(shown) { add("input", input) }
    if shown < inputs.count { add("input", "… and \(inputs.count - shown) more") }
    // The file of weights is among the inputs, and the result counts the runs of a report.
    let told = [TrainWork.weightsSetting, ReportWork.runsSetting]
    for (name, text) in SettingsSummary(record.settings).lines where !told.contains(name) {
      add(name, text)
    }
    for (name, path) in artifact.files.sorted(by: { $0.key < $1.key }) {
      add("file", "\(name): \(path)")
    }
    if let log = try log { add("log", "\(log)") }
    add("fingerprint", "\(record.fingerprint)")
    return lines.map { printable($0) + "\n" }.joined() + (isWhole ? try details : "")
  }

  /// What came of the stage, in words: the result that its kind leaves, and what was measured during a training
  /// run: of the weights that are kept, or last.
  private var result: [String] {
    get throws {
      let trained = TrainingResult(metrics: record.metrics)
      let steps = try trained.flatMap { _ in
        try artifact.result(MetricSeries.self, from: LocalFileSystem())?.lastSteps
      }
      var lines =
        trained?.words(lastSteps: steps)
        ?? StageKinds.results[planned.kind]?.init(metrics: record.metrics)?.words(in: record) ?? []
      let measurements = try artifact.result(Measurements.self, from: LocalFileSystem())?.all ?? []
      let kept = trained?.kept
      for subset in Portion.allCases {
        let own = measurements.filter { $0.subset == subset }
        guard let last = own.last(where: { $0.iteration == kept }) ?? own.last else { continue }
        lines.append(
          "top-1 \(fixed(100 * last.top1, decimals: 1)) %, loss \(fixed(last.loss, decimals: 4)) on "
            + "\(counted(last.images, "\(subset.rawValue) image")) after "
            + counted(last.iteration, "iteration"))
      }
      return lines
    }
  }

  /// The stages that it reads, and the file of weights.
  private var inputs: [String] {
    var inputs = planned.inputs.map { input -> String in
      // A network that is compared with its initial weights is the second side.
      if case .beginning? = planned.work.analysis?.other,
        input.fingerprint == planned.work.analysis?.trained
      {
        return "as trained: \(input.stage)"
      }
      return "\(input.role): \(input.stage)"
    }
    if let weights = planned.work.training?.weights {
      inputs.append("weights: \(weights.path) (content \(weights.content.short))")
    }
    return inputs
  }

  /// The log of the run that produced the artifact, if it still exists.
  private var log: FilePath? {
    get throws {
      let maker = try store.runStories().first {
        guard let end = $0.stages[record.stage]?.end else { return false }
        return end.ending == .produced && end.fingerprint == record.fingerprint
      }
      return maker.map { store.logsFolder.appending("\($0.run).jsonl") }
    }
  }

  private var details: String {
    get throws {
      var text = try loadReport.map { printable("load report:\n\($0)") } ?? ""
      for (title, value) in [
        ("metrics", record.metrics), ("provenance", record.provenance),
        ("settings", record.settings),
      ] {
        text += "\(title):\n\(value.abridged.json(indented: true))\n"
      }
      return text
    }
  }

  /// The origin of each parameter, and whether it learned, one per line; `nil` for stages that do not train.
  private var loadReport: String? {
    get throws {
      try artifact.result(LoadReport.self, from: LocalFileSystem()).map { report in
        alignedColumns(
          report.parameters.map { parameter in
            [
              "  \(parameter.name)",
              parameter.origin == .copied ? "copied" : "initialised", parameter.state.rawValue,
            ] + ShownStage.factors(of: parameter)
          })
      }
    }
  }

  /// The factors on learning rate and weight decay; for a batch norm's statistics, which of them training used.
  private static func factors(of parameter: LoadReport.Parameter) -> [String] {
    if let statistics = parameter.statistics {
      return ["normalised by \(statistics == .batch ? "batch" : "running") statistics", ""]
    }
    guard parameter.state == .learning else { return ["", ""] }
    func number(_ factor: Double) -> String { "\(VariableValue(Value.number(factor)))" }
    return [
      "learning rate × \(number(parameter.rate))", "weight decay × \(number(parameter.decay))",
    ]
  }
}
