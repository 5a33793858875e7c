import ArgumentParser
import Basics
import Planning
import Stages

/// `cambium export [weights] [FILE] STAGE… | --all -o DIR`
struct ExportWeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Writes the weights of trained stages as safetensors files, one per stage.",
    discussion: """
      Next to STAGE.safetensors, STAGE.json states what the weights need to be used: the size of the input, the \
      normalization of pixels, and the class of each output. The header of the safetensors file has the same entries. \
      Of several stages, those without a result are named after the others have been written, and the exit status is 1. \
      Where a mean image is subtracted, it is written as STAGE.mean.safetensors, of pixel values 0 to 255; \
      the means and deviations of channels are of values 0 to 1.
      """)

  @OptionGroup var choice: ExportChoice

  func run() throws {
    try choice.export(
      "weights", none: "none of the named stages is trained", { $0.work.training }
    ) { stage, work, artifact, folder in
      try WeightsExport(stage.name, work, artifact).write(to: folder, LocalFileSystem())
    }
  }
}
