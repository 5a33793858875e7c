import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning

/// `cambium status [FILE]`
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows what is running, done and failed, and on which machine.")

  @Argument(help: "A pipeline file whose stages are also shown.")
  var file: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the file; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @OptionGroup var options: StoreOptions

  @Option(help: "The maximum number of runs to show.")
  var runs = 5

  @Flag(help: "Prints the status as JSON.")
  var json = false

  func validate() throws {
    guard file != nil || settings.isEmpty else {
      throw ValidationError("--set requires a pipeline file")
    }
    guard runs > 0 else { throw ValidationError("--runs must be 1 or more") }
  }

  func run() throws {
    let report: StatusReport
    let now = SystemTimeSource().now
    if let file {
      var pipeline = PipelineOptions()
      pipeline.file = file
      pipeline.settings = settings
      pipeline.store = options.store
      let plan = try pipeline.plan()
      report = try StatusReport(of: pipeline.openStore, plan: plan, runs: runs, now: now)
    } else {
      report = try StatusReport(of: options.open(), plan: nil, runs: runs, now: now)
    }
    print(json ? report.value.json(indented: true) + "\n" : report.text, terminator: "")
  }
}
