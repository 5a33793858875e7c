import ArgumentParser
import Basics
import Planning
import Results
import SystemPackage

/// `cambium export [weights] FILE STAGE… | --all -o DIR`
struct ExportWeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Writes the weights of trained stages as safetensors files, one per stage.")

  @OptionGroup var pipeline: PipelineOptions

  @Argument(help: "Names of trained stages; '*' matches any characters.")
  var stages: [String] = []

  @Flag(help: "Exports every trained stage.")
  var all = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var output: String

  func validate() throws {
    guard all != !stages.isEmpty else {
      throw ValidationError("name stages to export, or give --all")
    }
  }

  func run() throws {
    let plan = try pipeline.plan()
    let names = try all ? Set(plan.stages.map(\.name)) : plan.names(matching: stages)
    let trained = plan.stages.filter {
      names.contains($0.name) && $0.work is TrainWork
    }
    guard !trained.isEmpty else { throw DiagnosticError("none of the named stages is trained") }
    let fileSystem = LocalFileSystem()
    let folder = FilePath(output)
    try fileSystem.makeFolder(folder)
    for stage in trained {
      let artifact = try finishedArtifact(of: stage, in: pipeline)
      guard let weights = artifact[.weights] else {
        throw DiagnosticError("the artifact of stage '\(stage.name)' has no weights")
      }
      let target = folder.appending("\(stage.name).safetensors")
      try fileSystem.write(fileSystem.read(weights), to: target)
      print(target)
    }
  }
}
