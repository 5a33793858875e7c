import ArgumentParser
import ArtifactStore
import Basics
import Planning

/// `cambium show FILE STAGE`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows a finished stage: settings, inputs, metrics, provenance and files.")

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
    for (title, value) in [
      ("metrics", record.metrics), ("settings", record.settings), ("provenance", record.provenance),
    ] {
      print("\(title):\n\(value.json(indented: true))")
    }
  }
}
