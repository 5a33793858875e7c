import ArgumentParser
import Basics
import Planning
import Reporting
import Stages
import SystemPackage

/// `cambium export features [FILE] STAGE… | --all -o DIR`
struct ExportFeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Writes the activations of features stages as safetensors or NumPy files.",
    discussion: """
      STAGE.safetensors has a tensor for each layer: images × values, or images × channels × height × width if they are \
      not pooled. With --format npy, each layer is a file STAGE.LAYER.npy, and STAGE.labels.npy has the labels. \
      STAGE.images.csv has a line per image: its name (subset, class, and position among the files of the class), label \
      and class.
      """)

  @OptionGroup var options: StageOptions

  @Flag(help: "Exports every features stage.")
  var all = false

  @Option(help: "safetensors or npy.")
  var format = FeaturesExport.Format.safetensors

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
    let others = plan.stages.filter { options.stages.contains($0.name) && $0.work.features == nil }
    guard others.isEmpty else {
      throw DiagnosticError(
        others.map {
          .error("stage '\($0.name)' is of kind '\($0.kind.rawValue)' and has no features")
        })
    }
    let chosen = plan.stages.filter { names.contains($0.name) && $0.work.features != nil }
    guard !chosen.isEmpty else {
      throw DiagnosticError("none of the named stages is a features stage")
    }
    let fileSystem = LocalFileSystem()
    let folder = FilePath(output)
    // One stage that is asked for by name has to be there.
    let choice = StageChoice(chosen, isOne: chosen.count == 1 && !all)
    try choice.finished(in: pipeline) { found in
      try fileSystem.makeFolder(folder)
      for (stage, artifact) in found {
        let export = FeaturesExport(stage.name, artifact)
        for path in try export.write(to: folder, as: format, table: \.csv, fileSystem) {
          print(path)
        }
      }
    }
  }
}

extension FeaturesExport.Format: ExpressibleByArgument {}
