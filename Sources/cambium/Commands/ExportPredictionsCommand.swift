import ArgumentParser
import ArtifactStore
import Basics
import Engine
import Execution
import Planning
import Reporting
import Stages
import SystemPackage

/// `cambium export predictions [FILE] STAGE -o FILE`
struct ExportPredictionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predictions",
    abstract: "Writes a network's predictions for the images of an evaluation.",
    discussion: """
      Scores the images again, with the weights in the store. Images are in the order of the prepared dataset: class \
      by class, by file name in each class. A .csv file has a line per image (its number, name, label, prediction and a \
      column per class); 'cambium data --images' lists the file of each name. A .npy file is an array of images × classes.
      """)

  @OptionGroup var options: StageOptions

  @Flag(help: "Writes probabilities (after softmax) instead of scores.")
  var probabilities = false

  @Option(help: "Threads; by default as many as this process may use.")
  var threads: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The file to write: .csv or .npy.", valueName: "file"))
  var output: String

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
    guard format != nil else {
      throw ValidationError("the name of the output must end in .csv or .npy")
    }
  }

  private var format: PredictionsFile.Format? {
    FilePath(output).extension.flatMap { PredictionsFile.Format(rawValue: $0.lowercased()) }
  }

  func run() throws {
    let stop = stopOnSignals()
    let check = StopCheck { stop.isRequested }
    let stage = try options.oneStage()
    let pipeline = options.pipeline
    let plan = try pipeline.planForReading()
    let planned = try plan.stage(named: stage)
    guard let work = planned.work.evaluation else {
      throw DiagnosticError(
        "'\(stage)' is a \(planned.kind.rawValue) stage: predictions are those of an evaluation")
    }
    let export = try PredictionsExport(
      work, data: finishedArtifact(of: plan.stage(named: work.data.stage), in: pipeline),
      network: finishedArtifact(of: plan.stage(named: work.trained.stage), in: pipeline),
      on: ProcessorDevice(), threads: threads ?? ProcessLimits.current.processors)
    try write(export, of: work, to: FilePath(output), unless: check)
    print(output)
  }

  /// Writes beside the target, and puts the file in its place once it is whole.
  private func write(
    _ export: PredictionsExport, of work: EvaluateWork, to path: FilePath, unless stop: StopCheck
  ) throws {
    guard let format else { return }
    let files = LocalFileSystem()
    let file = PredictionsFile(format, classes: work.classes)
    let temporary = TemporaryFiles.newPath(beside: path)
    do {
      try files.append(file.start(images: export.images), to: temporary)
      try export.forEachBatch(probabilities ? .probabilities : .scores, unless: stop) {
        try files.append(file.rows($0), to: temporary)
      }
      try files.move(temporary, to: path)
    } catch {
      try? files.remove(temporary)
      throw error
    }
  }
}
