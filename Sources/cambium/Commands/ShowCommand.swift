import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning
import Stages
import SystemPackage

/// `cambium show FILE STAGE`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Shows a finished stage: settings, inputs, metrics, provenance, files, load report and log.")

  @OptionGroup var pipeline: PipelineOptions

  @Argument(help: "The stage's name.")
  var stage: String

  @Flag(help: "Prints the whole record as JSON.")
  var json = false

  func run() throws {
    let plan = try pipeline.plan()
    let planned = try plan.stage(named: stage)
    let artifact = try finishedArtifact(of: planned, in: pipeline)
    if json {
      print(artifact.record.value.json(indented: true))
      return
    }
    let record = artifact.record
    print("\(planned.name) (\(record.kind))")
    print("fingerprint  \(record.fingerprint)")
    print("took         \(duration(seconds: record.seconds))")
    for input in planned.inputs { print("input        \(input.role): \(input.stage)") }
    for (name, path) in artifact.files.sorted(by: { $0.key < $1.key }) {
      print("file         \(name): \(path)")
    }
    if let log = try log(of: record) { print("log          \(log)") }
    if let report = try loadReport(of: artifact) {
      print("load report:\n\(report)", terminator: "")
    }
    for (title, value) in [
      ("metrics", record.metrics), ("settings", record.settings), ("provenance", record.provenance),
    ] {
      print("\(title):\n\(value.json(indented: true))")
    }
  }

  /// The log of the run that made the artifact, if it is still there.
  private func log(of record: StageRecord) throws -> FilePath? {
    let store = pipeline.openStore
    let maker = try store.runStories().first {
      guard let stage = $0.stages[record.stage] else { return false }
      return stage.state == .ended("produced") && stage.fingerprint == record.fingerprint
    }
    return maker.map { store.logsFolder.appending("\($0.run).jsonl") }
  }

  /// Where each parameter came from, and whether it learnt, in lines; `nil` for stages that do not train.
  private func loadReport(of artifact: StoredArtifact) throws -> String? {
    guard let path = artifact.files[TrainRunner.loadReportFile],
      let parameters = try? Value(json: LocalFileSystem().read(path))["parameters"]?.asList
    else { return nil }
    return columns(
      parameters.map { parameter in
        let words = ["name", "origin", "state"].map { parameter[$0]?.asString ?? "" }
        let rates = ["rate", "decay"].map { key in
          parameter[key]?.double.map { "\(key) × \($0)" } ?? ""
        }
        return ["  \(words[0])"] + words.dropFirst() + rates
      })
  }
}
