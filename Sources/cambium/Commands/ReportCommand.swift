import ArgumentParser
import ArtifactStore
import Basics
import PipelineLanguage
import Planning
import Reporting
import Results
import SystemPackage

/// `cambium report FILE [-o DIR]`, `cambium report --results FILE.csv [-o DIR]`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Reports a pipeline's results, or those of other tools: tables, figures, a verdict.",
    discussion: """
      For a pipeline, reports all results that the store contains; other runs are shown as missing. \
      Without a report stage, all evaluations are reported.

      With --results, reports runs of other tools from a CSV file with one line per run; \
      grammar/results.md describes the columns.
      """)

  @Argument(
    help: "The pipeline file; by default 'pipeline.yaml' in the current folder.",
    completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the file; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: "The store folder; by default '.cambium' next to the pipeline file.",
    completion: .directory)
  var store: String?

  @Option(
    help: ArgumentHelp("Reports the runs of this file, without a pipeline.", valueName: "csv"),
    completion: .file(extensions: ["csv"]))
  var results: String?

  @Option(
    help: ArgumentHelp(
      "With --results, the column to take accuracies from; by default the first called 'top1…'.",
      valueName: "column"))
  var score: String?

  @Option(
    help: ArgumentHelp(
      "With --results, how many classes each network distinguishes, if the file does not state it.",
      valueName: "n"))
  var classes: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Where to write tables and figures.", valueName: "folder"))
  var output: String?

  func validate() throws {
    guard file == nil || results == nil else {
      throw ValidationError("--results cannot be combined with a pipeline file")
    }
    guard results == nil || settings.isEmpty && store == nil else {
      throw ValidationError("--set and --store require a pipeline file")
    }
    guard results != nil || score == nil && classes == nil else {
      throw ValidationError("--score and --classes require --results")
    }
    guard classes.map({ $0 >= 2 }) ?? true else {
      throw ValidationError("--classes must be 2 or more")
    }
  }

  func run() throws {
    if let results {
      try reportResults(results)
    } else {
      try reportPipeline()
    }
  }

  // MARK: - Results of other tools

  private func reportResults(_ path: String) throws {
    let file = FilePath(path)
    let read = try ResultsFile(
      SourceText.reading(file, upTo: ResultsFile.mostBytes), name: file.stem ?? path, score: score,
      classes: classes)
    let results = read.results
    if !read.variables.isEmpty {
      printError(
        "columns read as variables: \(printable(Diagnostic.Note.listed(read.variables, atMost: 40)))"
      )
    }
    for column in read.alwaysDiffering.map(printable) {
      printError(
        "warning: column '\(column)' differs in every run, so each run is a separate experiment: if it "
          + "does not affect results, name it 'label_\(column)'")
    }
    let source = ReportSource(
      name: results.name, origin: results.origin, chance: results.chance,
      runs: results.runs.map { ReportSource.Run(result: $0) }, fileSystem: LocalFileSystem())
    try write(source, to: output.map { FilePath($0) })
  }

  // MARK: - A pipeline's results

  private func reportPipeline() throws {
    let pipeline = PipelineOptions(file: file, settings: settings, store: store)
    let file = pipeline.file
    let plan = try pipeline.planForReading()
    let reports = plan.stages.filter { $0.kind == .report }
    if reports.isEmpty {
      let evaluations = plan.stages.filter { $0.work.evaluation != nil }.map(\.name)
      let analyses = plan.stages.filter { $0.work.analysis != nil }.map(\.name)
      guard !(evaluations + analyses).isEmpty else {
        throw DiagnosticError("there is nothing to report: '\(file)' has no evaluate stage")
      }
      try write(
        ReportSource(
          name: plan.pipeline, origin: "all evaluations of \(file)", of: evaluations,
          analyses: analyses, in: plan, from: pipeline.openStore, fileSystem: LocalFileSystem()),
        to: output.map { FilePath($0) },
        timeline: output == nil ? nil : timeline(of: plan, pipeline.openStore))
      return
    }
    for report in reports {
      let folder = output.map {
        reports.count > 1 ? FilePath($0).appending(report.name) : FilePath($0)
      }
      try write(report, of: plan, pipeline, to: folder)
    }
  }

  /// Generated from the available results, which for an unfinished report are some of its runs.
  private func write(
    _ report: PlannedStage, of plan: Plan, _ pipeline: PipelineOptions, to folder: FilePath?
  ) throws {
    try write(
      ReportSource(of: report, in: plan, pipeline),
      to: folder, timeline: folder == nil ? nil : timeline(of: plan, pipeline.openStore))
  }

  /// The timeline of the latest run of the pipeline that computed anything; `nil` if there is no log of one.
  private func timeline(of plan: Plan, _ store: Store) throws -> Figure? {
    for name in try store.readableLogNames().reversed() where name.hasSuffix(".jsonl") {
      guard let bytes = try store.log(name) else { continue }
      let timeline = RunTimeline(log: bytes) { fingerprint in
        guard case .found(let record)? = try? store.record(for: fingerprint) else { return false }
        return StageProvenance(of: record).continuation != nil
      }
      guard let timeline, timeline.pipeline == plan.pipeline, timeline.didWork else { continue }
      return TimelineFigure(
        timeline, remark: "The latest run of the pipeline that computed anything."
      ).figure
    }
    return nil
  }

  /// Prints the text, or writes all files to a folder and prints their paths.
  private func write(
    _ source: ReportSource, to folder: FilePath?, timeline: Figure? = nil
  ) throws {
    let analysis = Analysis(source.results)
    guard let folder else {
      let sections = try StageKinds.analyses.sections(of: source, analysis)
      print(printable(AnalysisText(analysis, sections: sections).text), terminator: "")
      return
    }
    let fileSystem = LocalFileSystem()
    var extras = ReportExtras(filters: StoredFilters(), analyses: StageKinds.analyses)
    extras.timeline = timeline
    extras.tellsCircumstances = true
    let files = try reportFiles(of: source, analysis, extras)
    var bytes = 0
    for (name, file) in files.sorted(by: { $0.key < $1.key }) {
      let path = folder.appending(name)
      try fileSystem.makeFolder(path.removingLastComponent())
      try fileSystem.write(to: path) { try file.write($0) }
      print(path)
      bytes += try fileSystem.status(of: path)?.size ?? 0
    }
    guard bytes > ReportCommand.muchToRead else { return }
    printError(
      Diagnostic(
        .warning,
        "the report takes \(quantity(Double(bytes), unit: "B")): \(counted(source.results.runs.count, "run")) of "
          + counted(analysis.experiments.count, "experiment")
      ).rendered())
  }

  /// Larger reports, in bytes, take long to open.
  private static let muchToRead = 100_000_000
}

extension ReportSource {
  /// What the store contains of a report stage's runs, under their names in the plan: those in the stage's artifact
  /// may be earlier ones.
  init(of report: PlannedStage, in plan: Plan, _ pipeline: PipelineOptions) throws {
    try self.init(
      name: report.name, origin: "report stage '\(report.name)' of \(pipeline.file)",
      of: report.inputs.filter { ReportWork.isEvaluationRole($0.role) }.map(\.stage),
      analyses: report.inputs.filter { ReportWork.isAnalysisRole($0.role) }.map(\.stage), in: plan,
      from: pipeline.openStore, fileSystem: LocalFileSystem())
  }
}
