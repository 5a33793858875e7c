import ArgumentParser
import ArtifactStore
import Basics
import Planning
import Reporting
import SystemPackage

/// `cambium show [FILE] STAGE…`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows finished stages: result, inputs, main settings and files.",
    discussion: """
      Long lists are cut; --json has all of them. Of several stages, those without a result are named at the end, and \
      the exit status is 1.
      """)

  @OptionGroup var options: StageOptions

  @Flag(help: "Also shows every setting, the load report, metrics and provenance.")
  var settings = false

  @Flag(help: "Prints the whole record as JSON; of several stages, a list of records.")
  var json = false

  @Flag(
    help: ArgumentHelp(
      "Writes the figures of the stages as SVG files and prints their paths.",
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
    guard !settings || !(figures || json) else {
      throw ValidationError("--settings cannot be combined with --figures or --json")
    }
  }

  private var pipeline: PipelineOptions { options.pipeline }

  func run() throws {
    let choice = try StageChoice(options, in: pipeline.plan())
    if figures {
      try writeFigures(of: choice)
      return
    }
    if json {
      try choice.finished(in: pipeline) { found in
        let records = found.map(\.artifact.record.value)
        print((choice.isOne ? records[0] : .list(records)).json(indented: true))
      }
      return
    }
    let store = pipeline.openStore
    try choice.finished(in: pipeline) { found in
      let texts = try found.map { stage, artifact in
        try ShownStage(planned: stage, artifact: artifact, store: store).text(isWhole: settings)
      }
      print(texts.joined(separator: "\n"), terminator: "")
    }
  }

  /// Of several stages, of those whose kinds have figures.
  private func writeFigures(of choice: StageChoice) throws {
    var choice = choice
    if !choice.isOne {
      choice.stages.removeAll { stage in
        !StageKinds.figures.contains { $0.kinds.contains(stage.kind) }
      }
      guard !choice.stages.isEmpty else {
        throw DiagnosticError("none of the named stages has figures")
      }
    }
    for stage in choice.stages {
      _ = try StageKinds.figures.figures(for: stage.kind, named: stage.name)
    }
    try choice.finished(in: pipeline) { found in
      for (stage, artifact) in found { try writeFigures(of: stage, artifact) }
    }
  }

  private func writeFigures(of stage: PlannedStage, _ artifact: StoredArtifact) throws {
    let drawn = try StageKinds.figures.figures(for: stage.kind, named: stage.name)
    let fileSystem = LocalFileSystem()
    let figures = try drawn.figures(
      of: .init(
        name: stage.name, artifact: artifact, filters: StoredFilters(), fileSystem: fileSystem,
        sides: stage.sides))
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
}
