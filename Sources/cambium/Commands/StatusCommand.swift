import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage

/// `cambium status [FILE]`
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows what is running, done and failed, and on which machine.")

  @Argument(
    help:
      "A pipeline file whose stages are also shown; by default 'pipeline.yaml' in the current folder, if it exists.",
    completion: .file(extensions: ["yaml", "yml"]))
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
    guard runs > 0 else { throw ValidationError("--runs must be 1 or more") }
  }

  /// The file that commands take where none is named, if it is there, or has to be.
  private func usualFile() throws -> String? {
    let file = PipelineOptions.usualFile
    return try !settings.isEmpty || LocalFileSystem().exists(FilePath(file)) ? file : nil
  }

  func run() throws {
    let report: StatusReport
    let now = SystemTimeSource().now
    if let file = try file ?? usualFile() {
      let pipeline = PipelineOptions(file: file, settings: settings, store: options.store)
      let plan = try pipeline.plan()
      report = try StatusReport(
        of: pipeline.openStore, plan: (plan, settings), runs: runs, now: now)
    } else {
      report = try StatusReport(of: options.open(), plan: nil, runs: runs, now: now)
    }
    print(json ? report.value.json(indented: true) + "\n" : report.text, terminator: "")
  }
}
