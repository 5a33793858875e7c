import ArgumentParser
import ArtifactStore
import Basics
import Datasets
import Definitions
import Glibc
import PipelineLanguage
import Planning
import Reporting
import Results
import Stages
import SystemPackage

/// `cambium data [FILE] [DATASET]`
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract:
      "Shows what is in a dataset: classes, sizes, means and deviations, duplicates, unusual files.",
    discussion: """
      Every image is read. Where the store has the packed images, their pixels are used, and only the headers of the \
      files are read. Lists are cut; --json has up to 1,000 names of each. With --output, writes an HTML page with all \
      of it and a contact sheet, or an SVG file with the contact sheet: training images as the network reads them, \
      before and after augmentation.
      """)

  @Argument(
    help: ArgumentHelp(
      "The pipeline file; by default 'pipeline.yaml' in the current folder.",
      discussion:
        "The first argument is the file if it ends in .yaml or .yml, contains '/', or is an existing file; otherwise it is the dataset.",
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var first: String?

  @Argument(
    help: ArgumentHelp(
      "The dataset; not needed if the file has only one.", valueName: "dataset"))
  var second: String?

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
    help:
      "The network whose input the contact sheet shows; by default the first that is trained on the dataset."
  )
  var network: String?

  @Option(help: "Threads; by default one per available processor core.")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Memory for images that are decoded at the same time: 2G, 500M; by default 1 GiB.",
      valueName: "size"))
  var memory: ByteSize?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The file to write: .html or .svg.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A CSV file to write that lists all images: subset, class, name (as in predictions and features) and file.",
      valueName: "file"))
  var images: String?

  @Flag(help: "Prints the results as JSON.")
  var json = false

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
    guard second == nil || first.map(StageOptions.isFile) == true else {
      throw ValidationError("name one dataset, not two")
    }
    if let output, SurveyFile(path: output) == nil {
      throw ValidationError("--output must end in .html or .svg, not '\(output)'")
    }
    guard network == nil || output != nil else {
      throw ValidationError("--network requires --output")
    }
  }

  private var namesFile: Bool { first.map(StageOptions.isFile) ?? true }

  private var pipeline: PipelineOptions {
    PipelineOptions(file: namesFile ? first : nil, settings: settings, store: store)
  }

  func run() throws {
    let signal = stopOnSignals()
    let stop = StopCheck { signal.isRequested }
    let pipeline = pipeline
    let described = try pipeline.describe(printsWarnings: false)
    let name = try datasetName(in: described)
    let description = described.resolvingPaths(from: pipeline.folder)
    guard let dataset = description.datasets[name] else {
      preconditionFailure("resolving paths renames nothing")
    }
    let memory = DecodingMemory(limit: memory?.bytes)
    let threads = threads ?? ProcessLimits.current.processors
    let progress = SurveyProgress(Terminal.standardError)
    let found: (survey: DatasetSurvey, samples: DatasetSamples)
    let size: SheetSize?
    var skipped: [String]?
    let isThere: Bool
    do {
      let facts = try pipeline.catalog(for: described, unless: stop).facts(of: dataset.content)
      isThere = !facts.isRemembered
      size = output.map { _ in
        sheetSize(for: dataset.content, of: facts.content.classes.count, name, in: description)
      }
      let packed = try packedImages(of: dataset.content, named: name, facts.content)
      skipped = packed?.summary.skipped
      guard isThere || packed != nil else {
        throw DiagnosticError(
          "dataset '\(name)' does not exist, and the store does not have its packed images")
      }
      found = try dataset.content.survey(
        packed: packed, hasFiles: isThere, samples: size, threads: threads, memory: memory,
        progress: progress.show, unless: stop)
    } catch let error as DiagnosticError {
      progress.end()
      throw DiagnosticError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.span = diagnostic.span ?? dataset.span
          return diagnostic
        })
    }
    progress.end()
    if let images {
      try writeImages(
        of: dataset.content, found.survey, skipped, to: FilePath(images), unless: stop)
    }
    var report = DataReport(name: name, definition: dataset.content, survey: found.survey)
    report.source = described.datasets[name]?.content.source
    report.isThere = isThere
    if let output, let file = SurveyFile(path: output), let size {
      let input = try networkInput(for: name, in: description)
      report.network = input?.name
      do {
        report.sheet = try found.samples.sheet(
          of: dataset.content, size, input: input?.shape,
          color: SheetColor.of(dataset.content, found.survey),
          beside: FilePath(output), threads: threads, memory: memory, unless: stop)
      } catch let error as DiagnosticError {
        report.sheetProblem = error.diagnostics.map(\.message).joined(separator: "; ")
      }
      try LocalFileSystem().write(try report.document(as: file), to: FilePath(output))
    }
    print(json ? report.value.json(indented: true) + "\n" : report.text, terminator: "")
    let written = [output, images].compactMap { $0 }
    if !written.isEmpty, !json { print("\nwritten to \(written.joined(separator: ", "))") }
  }

  /// - Parameter skipped: the files that were skipped when the images were packed; `nil` if they were not.
  private func writeImages(
    of dataset: DatasetDefinition, _ survey: DatasetSurvey, _ skipped: [String]?,
    to path: FilePath, unless stop: StopCheck
  ) throws {
    let unreadable = survey.unreadable
    guard skipped != nil || unreadable.first.count == unreadable.count else {
      throw DiagnosticError(
        "\(grouped(unreadable.count)) images cannot be read: which ones are left out is known when the dataset has been prepared"
      )
    }
    let files = try dataset.imageFiles(
      without: Set(skipped ?? unreadable.first.map(\.name)), unless: stop)
    let rows = files.map { [$0.subset.rawValue, $0.className, $0.name, $0.file] }
    try LocalFileSystem().write(
      csvText([["subset", "class", "name", "file"]] + rows), to: path)
  }

  // MARK: - What the file says

  /// - Throws: `DiagnosticError` if the dataset is not in the file, or none is named and there are several.
  private func datasetName(in description: Description) throws -> String {
    let names = Array(description.datasets.keys)
    if let name = namesFile ? second : first {
      guard names.contains(name) else {
        throw DiagnosticError(
          "'\(pipeline.file)' has no dataset '\(name)'",
          notes: Diagnostic.Note.nearest(to: name, among: names)
            + [.init("its datasets are \(names.joined(separator: ", "))")])
      }
      return name
    }
    guard let only = names.first else {
      throw DiagnosticError("'\(pipeline.file)' defines no dataset")
    }
    guard names.count == 1 else {
      throw DiagnosticError(
        "'\(pipeline.file)' has several datasets; name one of \(names.joined(separator: ", "))")
    }
    return only
  }

  /// The input of the network given by `--network`, or of the first that is trained on the dataset; `nil` if there is
  /// none.
  private func networkInput(
    for dataset: String, in description: Description
  ) throws -> (name: String, shape: Shape)? {
    if let network {
      guard let found = description.networks[network] else {
        throw DiagnosticError(
          "'\(pipeline.file)' has no network '\(network)'",
          notes: Diagnostic.Note.nearest(to: network, among: Array(description.networks.keys)))
      }
      return (network, found.content.input)
    }
    for stage in description.stages {
      switch stage.work {
      case let train as TrainDescription where train.task.content.dataset == dataset:
        return (train.networkName ?? stage.name, train.network.content.input)
      case let transfer as TransferDescription where transfer.task.content.dataset == dataset:
        return (transfer.networkName ?? stage.name, transfer.network.content.input)
      default: break
      }
    }
    return nil
  }

  private func sheetSize(
    for dataset: DatasetDefinition, of classes: Int, _ name: String, in description: Description
  ) -> SheetSize {
    let isAugmented = dataset.preprocessing.augmentation.contains { $0.traits.isRandom }
    let input = try? networkInput(for: name, in: description)?.shape
    let side = dataset.imageSize ?? .init(height: 256, width: 256)
    let pixels = input.map { $0.height * $0.width } ?? side.height * side.width
    return SheetSize(pixels: pixels, views: isAugmented ? 2 : 1, of: classes)
  }

  // MARK: - What the store has

  /// The packed images of the dataset as it is now; `nil` if the store does not have them.
  private func packedImages(
    of dataset: DatasetDefinition, named name: String, _ facts: DatasetFacts
  ) throws -> PackedImages? {
    let stage = DraftedStage(
      PreparingStage.name(of: name),
      PrepareWork(
        name: name, dataset: dataset, content: facts.digest, isAssumed: false, allImages: 0,
        turnsImages: facts.turnsImages(dataset)))
    let store = pipeline.openStore
    guard case .found(let artifact) = try store.artifact(for: stage.fingerprint),
      let path = artifact[.packedImages],
      let summary = PackedSummary(metrics: artifact.record.metrics),
      try store.verify(artifact.record).isEmpty
    else { return nil }
    return PackedImages(try PackedDataset(path), summary)
  }
}

/// The colour that a network reads as zero.
private enum SheetColor {
  /// Of values 0…255, for each channel.
  static func of(_ dataset: DatasetDefinition, _ survey: DatasetSurvey) -> [Double] {
    let black = [Double](repeating: 0, count: dataset.channels)
    switch dataset.preprocessing.normalization {
    case .fixed(let mean, _): return mean.map { 255 * $0 }
    case .centered(.none, _): return black
    case .centered(.image, _), .centered(.color, _), .given:
      return survey.statistics?.mean.map { 255 * $0 } ?? black
    }
  }
}

/// One line on a terminal with the number of images read; nothing elsewhere.
private final class SurveyProgress: Sendable {
  private let isTerminal: Bool
  private let last = Guarded((time: 0.0, isDrawn: false))

  init(_ terminal: Terminal) { isTerminal = terminal.columns != nil }

  @Sendable func show(_ completed: Int, _ total: Int) {
    guard isTerminal else { return }
    let now = SystemTimeSource().now
    last.withLock { last in
      guard now - last.time > 0.1 else { return }
      last = (now, true)
      writeError("\r\u{1B}[K\(grouped(completed)) of \(grouped(total)) images")
    }
  }

  /// Removes the line.
  func end() {
    last.withLock { if $0.isDrawn { writeError("\r\u{1B}[K") } }
  }
}
