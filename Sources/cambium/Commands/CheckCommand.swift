import ArgumentParser
import Basics

/// `cambium check FILE`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Checks a pipeline file without looking at its data.",
    discussion:
      "With --assume-data, it also performs the checks of a plan, for example of copied shapes.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var data: DataOptions

  @Flag(help: "Prints the problems and their locations as JSON.")
  var json = false

  func run() throws {
    do {
      let description = try pipeline.describe(printsWarnings: !json)
      let assumed =
        data.assumeData ? try pipeline.plan(of: description, assumingData: true).assumed : []
      // Those that prepare datasets are stages of the plan, too.
      let count = description.stages.count + description.datasetsRead.count
      if json {
        printJSON(description.warnings, stages: count)
        return
      }
      let given =
        assumed.isEmpty ? "" : " (missing, assumed as declared: \(assumed.joined(separator: ", ")))"
      print("\(pipeline.file): \(counted(count, "stage")), no errors\(given)")
    } catch let error as DiagnosticError where json {
      printJSON(error.diagnostics, stages: nil)
      throw ExitCode(ExitStatus.badInput)
    }
  }

  /// `{"format": 1, "file", "stages", "diagnostics": […]}`; `stages` is absent if there are errors. See
  /// `Diagnostic.value`.
  private func printJSON(_ diagnostics: [Diagnostic], stages: Int?) {
    var entries: [String: Value] = [
      "format": 1, "file": .string(pipeline.file),
      "diagnostics": .list(diagnostics.map(\.value)),
    ]
    entries["stages"] = stages.map(Value.integer)
    print(Value.map(entries).json(indented: true))
  }
}
