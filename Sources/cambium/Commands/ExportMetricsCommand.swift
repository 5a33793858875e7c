import ArgumentParser
import ArtifactStore
import Basics
import Planning
import Reporting
import Results
import SystemPackage

/// `cambium export metrics [FILE] [STAGE…] -o FILE|DIR`
struct ExportMetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Writes the measurements of training runs and evaluations.",
    discussion: """
      Without names of stages, all finished stages are written. \
      Training runs have loss, accuracy and learning rate by iteration and epoch, and measurements during training. \
      Evaluations have their result, at the iteration at which training ended. 'csv' and 'json-lines' write one \
      table with the columns stage, kind, iteration, epoch, subset, rate, loss, accuracy, top5, score and images. \
      'tensorboard' writes one folder per stage, with an event file of the scalars loss, accuracy, rate and epoch, \
      and test/accuracy and similar. Wall times are derived from the stage's record, in proportion to the iterations.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case csv
    case jsonLines = "json-lines"
    case tensorBoard = "tensorboard"
  }

  @OptionGroup var options: StageOptions

  private var pipeline: PipelineOptions { options.pipeline }
  /// All that are finished where none is named.
  private var stages: [String] { options.stages }

  @Option(help: "csv, json-lines or tensorboard.")
  var format = Format.csv

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "The file to write, or the folder for TensorBoard; by default standard output.",
      valueName: "path"))
  var output: String?

  func validate() throws {
    guard format != .tensorBoard || output != nil else {
      throw ValidationError("event files need a folder: name it with -o")
    }
  }

  func run() throws {
    let metrics = try metrics()
    switch format {
    case .csv: try write(StageMetrics.csv(metrics), named: "metrics.csv")
    case .jsonLines: try write(StageMetrics.jsonLines(metrics), named: "metrics.jsonl")
    case .tensorBoard:
      let fileSystem = LocalFileSystem()
      for stage in metrics {
        let folder = FilePath(output ?? "").appending(stage.stage)
        try fileSystem.makeFolder(folder)
        let path = folder.appending(StageMetrics.eventFileName)
        try fileSystem.write(stage.events, to: path)
        print(path)
      }
    }
  }

  /// Writes a table to the requested file or to standard output.
  private func write(_ text: String, named name: String) throws {
    guard let output else {
      printData(text)
      return
    }
    let fileSystem = LocalFileSystem()
    var path = FilePath(output)
    if try fileSystem.status(of: path)?.kind == .folder { path.append(name) }
    try fileSystem.write(text, to: path)
    print(path)
  }

  /// The measurements of the selected stages. Stages selected by name must be finished; others are left out if they
  /// are not.
  private func metrics() throws -> [StageMetrics] {
    let plan = try pipeline.planForReading()
    let names = try stages.isEmpty ? Set(plan.stages.map(\.name)) : plan.names(matching: stages)
    let measured = plan.stages.filter {
      names.contains($0.name) && ($0.work.training != nil || $0.work.evaluation != nil)
    }
    guard !measured.isEmpty else {
      throw DiagnosticError(
        "the named stages have no measurements: they neither train nor evaluate")
    }
    guard stages.isEmpty else {
      return try measured.map { try metrics(of: $0, finishedArtifact(of: $0, in: pipeline)) }
    }
    let open = measured.count { stage in
      if case .artifactMissing? = stage.status.reason { return false }
      return stage.status != .cached
    }
    if open > 0 {
      let warning =
        "\(open) of \(measured.count) stages \(open == 1 ? "has" : "have") not run, and \(open == 1 ? "is" : "are") left out"
      printError(Diagnostic(.warning, warning).rendered())
    }
    return try measured.filter { $0.status == .cached }.compactMap { stage in
      switch try usableArtifact(of: stage, in: pipeline) {
      case .found(let artifact): return try metrics(of: stage, artifact)
      case .absent: return nil
      case .unusable(let damage):
        pipeline.warnOfDamage([(stage.name, "\(damage)")])
        return nil
      }
    }
  }

  private func metrics(of stage: PlannedStage, _ artifact: StoredArtifact) throws -> StageMetrics {
    if let evaluation = stage.work.evaluation {
      let network = artifact.record.inputs[evaluation.trained.role]
      var record: StageRecord?
      if let network, case .found(let found) = try pipeline.openStore.record(for: network) {
        record = found
      }
      return try StageMetrics(evaluation: artifact.record, named: stage.name, of: record)
    }
    let fileSystem = LocalFileSystem()
    guard let series = try artifact.result(MetricSeries.self, from: fileSystem) else {
      throw DiagnosticError("the result of stage '\(stage.name)' has no series")
    }
    return try StageMetrics(
      training: artifact.record, named: stage.name, series: series,
      measurements: artifact.result(Measurements.self, from: fileSystem)?.all ?? [])
  }
}
