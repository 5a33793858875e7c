import ArgumentParser
import Basics
import Planning
import Stages
import SystemPackage

/// `cambium export [weights] [FILE] STAGE… | --all -o DIR`
struct ExportWeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Writes the weights of trained stages as safetensors files, one per stage.",
    discussion: """
      Next to STAGE.safetensors, STAGE.json states what the weights need to be used: the size of the input, the \
      normalization of pixels, and the class of each output. The header of the safetensors file has the same entries. \
      Where a mean image is subtracted, it is written as STAGE.mean.safetensors.
      """)

  @OptionGroup var options: StageOptions

  @Flag(help: "Exports every trained stage.")
  var all = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var output: String

  func validate() throws {
    guard all != !options.stages.isEmpty else {
      throw ValidationError("name stages to export, or give --all")
    }
  }

  func run() throws {
    let pipeline = options.pipeline
    let plan = try pipeline.plan()
    let names = try all ? Set(plan.stages.map(\.name)) : plan.names(matching: options.stages)
    let trained = plan.stages.compactMap { stage in
      names.contains(stage.name) ? stage.work.training.map { (stage: stage, work: $0) } : nil
    }
    guard !trained.isEmpty else { throw DiagnosticError("none of the named stages is trained") }
    let fileSystem = LocalFileSystem()
    let folder = FilePath(output)
    try fileSystem.makeFolder(folder)
    for (stage, work) in trained {
      let artifact = try finishedArtifact(of: stage, in: pipeline)
      for path in try WeightsExport(stage.name, work, artifact).write(to: folder, fileSystem) {
        print(path)
      }
    }
  }
}
