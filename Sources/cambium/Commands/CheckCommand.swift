import ArgumentParser

/// `cambium check FILE`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Checks a pipeline file without looking at its data.")

  @OptionGroup var pipeline: PipelineOptions

  func run() throws {
    let description = try pipeline.describe()
    let count = description.stages.count
    print("\(pipeline.file): \(count) \(count == 1 ? "stage" : "stages"), no errors")
  }
}
