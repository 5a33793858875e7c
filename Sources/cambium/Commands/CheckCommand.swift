import ArgumentParser

/// `cambium check FILE`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Checks a pipeline file without looking at its data.",
    discussion: "With --assume-data it checks as well what a plan would, such as copied shapes.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let description = try pipeline.describe()
    let assumed =
      data.assumeData ? try pipeline.plan(of: description, assumingData: true).assumed : []
    let count = description.stages.count
    let given = assumed.isEmpty ? "" : " (assumed, not there: \(assumed.joined(separator: ", ")))"
    print("\(pipeline.file): \(count) \(count == 1 ? "stage" : "stages"), no errors\(given)")
  }
}
