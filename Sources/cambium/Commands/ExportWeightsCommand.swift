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
      Of several stages, those without a result are named after the others have been written, and the exit status is 1. \
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
    let others = plan.stages.filter { options.stages.contains($0.name) && $0.work.training == nil }
    guard others.isEmpty else {
      throw DiagnosticError(
        others.map {
          .error("stage '\($0.name)' is of kind '\($0.kind.rawValue)' and has no weights")
        })
    }
    let trained = plan.stages.filter { names.contains($0.name) && $0.work.training != nil }
    guard !trained.isEmpty else { throw DiagnosticError("none of the named stages is trained") }
    let fileSystem = LocalFileSystem()
    let folder = FilePath(output)
    // One stage that is asked for by name has to be there.
    let choice = StageChoice(trained, isOne: trained.count == 1 && !all)
    try choice.finished(in: pipeline) { found in
      try fileSystem.makeFolder(folder)
      for (stage, artifact) in found {
        guard let work = stage.work.training else { continue }
        for path in try WeightsExport(stage.name, work, artifact).write(to: folder, fileSystem) {
          print(path)
        }
      }
    }
  }
}
