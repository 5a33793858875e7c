import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import Slurm
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

  @Flag(
    help:
      "Shows the status again and again until no run is active: in place on a terminal, elsewhere when a stage's state changes."
  )
  var follow = false

  func validate() throws {
    if follow, json { throw ValidationError("--follow cannot be combined with --json") }
    guard runs > 0 else { throw ValidationError("--runs must be 1 or more") }
  }

  /// The file that commands take where none is named, if it is there, or has to be.
  private func usualFile() throws -> String? {
    let file = PipelineOptions.usualFile
    return try !settings.isEmpty || LocalFileSystem().exists(FilePath(file)) ? file : nil
  }

  func run() throws {
    var queue = QueueView()
    let report = try report(&queue, printsWarnings: true)
    if !follow {
      print(json ? report.value.json(indented: true) + "\n" : report.text, terminator: "")
      return
    }
    try follow(report, &queue)
  }

  private func follow(_ first: StatusReport, _ queue: inout QueueView) throws {
    let stop = stopOnSignals()
    let isTerminal = isatty(STDOUT_FILENO) == 1
    var report = first
    var shown: [String]?
    while true {
      if isTerminal {
        // Clears the terminal and begins at its top.
        print("\u{1b}[H\u{1b}[2J" + report.text, terminator: "")
      } else if shown != report.states {
        print(report.text)
      }
      fflush(nil)
      shown = report.states
      if !report.isLive || stop.isRequested { return }
      for _ in 0..<10 where !stop.isRequested { usleep(100_000) }
      report = try self.report(&queue, printsWarnings: false)
    }
  }

  private func report(_ queue: inout QueueView, printsWarnings: Bool) throws -> StatusReport {
    let report: StatusReport
    let now = SystemTimeSource().now
    if let file = try file ?? usualFile() {
      let pipeline = PipelineOptions(file: file, settings: settings, store: options.store)
      let plan = try pipeline.plan(
        of: pipeline.describe(printsWarnings: printsWarnings), printsWarnings: printsWarnings)
      let store = pipeline.openStore
      report = try StatusReport(
        of: store, plan: (plan, settings), cluster: queue.status(of: store, plan, now: now),
        runs: runs,
        now: now)
    } else {
      let store = try options.open()
      report = try StatusReport(
        of: store, plan: nil, cluster: queue.status(of: store, nil, now: now), runs: runs, now: now)
    }
    return report
  }
}
