import ArgumentParser
import Basics
import Planning
import Reporting
import Stages

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

  @OptionGroup var choice: ExportChoice

  @Option(help: "safetensors or npy.")
  var format = FeaturesExport.Format.safetensors

  func run() throws {
    try choice.export(
      "features", none: "none of the named stages is a features stage", { $0.work.features }
    ) { stage, _, artifact, folder in
      try FeaturesExport(stage.name, artifact)
        .write(to: folder, as: format, table: \.csv, LocalFileSystem())
    }
  }
}

extension FeaturesExport.Format: ExpressibleByArgument {}
