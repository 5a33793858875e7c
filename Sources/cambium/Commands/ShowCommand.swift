import ArgumentParser
import ArtifactStore
import Basics
import Definitions
import Execution
import Planning
import Reporting
import Results
import SystemPackage

/// `cambium show [FILE] STAGE`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Shows a finished stage: its result, inputs, files, load report, provenance and settings.",
    discussion: "Long lists are cut; --json has all of them.")

  @OptionGroup var options: StageOptions

  @Flag(help: "Prints the whole record as JSON.")
  var json = false

  @Flag(
    help: ArgumentHelp(
      "Writes the stage's figures as SVG files and prints their paths.",
      discussion:
        "For a trained stage, training curves and first-layer filters; for an evaluation, the confusion matrix "
        + "and per-class accuracy."))
  var figures = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "The folder for --figures; by default the current folder.", valueName: "folder"))
  var output: String?

  func validate() throws {
    guard figures || output == nil else {
      throw ValidationError("--output requires --figures")
    }
    guard !figures || !json else { throw ValidationError("give either --figures or --json") }
  }

  private var pipeline: PipelineOptions { options.pipeline }

  func run() throws {
    let stage = try options.oneStage()
    let plan = try pipeline.plan()
    let planned = try plan.stage(named: stage)
    if figures {
      let drawn = try StageKinds.figures.figures(for: planned.kind, named: planned.name)
      try write(drawn, of: planned)
      return
    }
    let artifact = try finishedArtifact(of: planned, in: pipeline)
    if json {
      print(artifact.record.value.json(indented: true))
      return
    }
    let record = artifact.record
    print(printable("\(planned.name) (\(record.kind))"))
    for line in try result(of: artifact, planned.kind) { print(printable("result       \(line)")) }
    print("fingerprint  \(record.fingerprint)")
    print("took         \(duration(seconds: record.seconds)), \(date(seconds: record.started))")
    for input in planned.inputs { print(printable("input        \(input.role): \(input.stage)")) }
    for (name, path) in artifact.files.sorted(by: { $0.key < $1.key }) {
      print(printable("file         \(name): \(path)"))
    }
    for remark in PackedSummary(metrics: record.metrics)?.remarks ?? [] {
      print(printable("note         \(remark)"))
    }
    if let log = try log(of: record) { print("log          \(log)") }
    if let report = try loadReport(of: artifact) {
      print(printable("load report:\n\(report)"), terminator: "")
    }
    for (title, value) in [
      ("metrics", record.metrics), ("provenance", record.provenance), ("settings", record.settings),
    ] {
      print("\(title):\n\(value.abridged.json(indented: true))")
    }
  }

  /// What came of the stage, in words: the result that its kind leaves, and what was measured last during a training.
  private func result(of artifact: StoredArtifact, _ kind: StageKind) throws -> [String] {
    let record = artifact.record
    let result = StageKinds.results[kind]?.init(metrics: record.metrics)
    var lines = result?.words(in: record) ?? []
    let measurements = try artifact.result(Measurements.self, from: LocalFileSystem())?.all ?? []
    for subset in Portion.allCases {
      guard let last = measurements.last(where: { $0.subset == subset }) else { continue }
      lines.append(
        "top-1 \(fixed(100 * last.top1, decimals: 1)) %, loss \(fixed(last.loss, decimals: 4)) on "
          + "\(counted(last.images, "\(subset.rawValue) image")) after "
          + counted(last.iteration, "iteration"))
    }
    return lines
  }

  private func write(_ drawn: StageFigures, of stage: PlannedStage) throws {
    let fileSystem = LocalFileSystem()
    let figures = try drawn.figures(
      of: .init(
        name: stage.name, artifact: try finishedArtifact(of: stage, in: pipeline),
        filters: StoredFilters(), fileSystem: fileSystem))
    guard !figures.isEmpty else {
      throw DiagnosticError("stage '\(stage.name)' has no results to draw")
    }
    let folder = FilePath(output ?? ".")
    try fileSystem.makeFolder(folder)
    for figure in figures {
      let path = folder.appending("\(figure.name).svg")
      try fileSystem.write(figure.drawing.document, to: path)
      print(path)
    }
  }

  /// The log of the run that produced the artifact, if it still exists.
  private func log(of record: StageRecord) throws -> FilePath? {
    let store = pipeline.openStore
    let maker = try store.runStories().first {
      guard let end = $0.stages[record.stage]?.end else { return false }
      return end.ending == .produced && end.fingerprint == record.fingerprint
    }
    return maker.map { store.logsFolder.appending("\($0.run).jsonl") }
  }

  /// The origin of each parameter, and whether it learned, one per line; `nil` for stages that do not train.
  private func loadReport(of artifact: StoredArtifact) throws -> String? {
    try artifact.result(LoadReport.self, from: LocalFileSystem()).map { report in
      alignedColumns(
        report.parameters.map { parameter in
          [
            "  \(parameter.name)", parameter.origin.rawValue, parameter.state.rawValue,
            "rate × \(parameter.rate)", "decay × \(parameter.decay)",
            parameter.statistics.map { "normalised by \($0 == .batch ? "the batch" : "it")" } ?? "",
          ]
        })
    }
  }
}
