import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Glibc
import Slurm

/// `cambium logs [FILE] STAGE`
struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract:
      "Shows what runs logged about a stage: when it ran, where, how far it got, and errors.")

  @OptionGroup var options: StageOptions

  @Option(help: "The maximum number of runs to show, the latest last.")
  var runs = 1

  @Flag(help: "Waits for more until the stage ends.")
  var follow = false

  func validate() throws {
    guard runs > 0 else { throw ValidationError("--runs must be 1 or more") }
  }

  func run() throws {
    let stage = try options.oneStage()
    let store = options.pipeline.openStore
    try store.checkFormat()
    let logs = try StageLog.latest(runs, of: stage, in: store)
    let output = try JobOutput(of: stage, in: store)
    guard let last = logs.last else {
      if let output {
        print(output.title)
        for line in output.lastLines { print(line) }
        return
      }
      // The name may be wrong: reading the file says so.
      let plan = try options.pipeline.plan()
      _ = try plan.explanation(of: stage, history: options.pipeline.history(of: plan))
      throw DiagnosticError("no run has logged anything about stage '\(stage)'")
    }
    for log in logs {
      print(log.title)
      for line in log.lines { print(line) }
    }
    if let output { print(output.title) }
    if follow { try self.follow(last, in: store) }
  }

  /// Prints what is added, until the stage or its run has ended.
  private func follow(_ log: StageLog, in store: Store) throws {
    let stop = stopOnSignals()
    var log = log
    var shown = log.lines.count
    var latestTime = log.events.last?.time ?? 0
    while !log.isOver(now: SystemTimeSource().now), !stop.isRequested {
      fflush(nil)
      usleep(500_000)
      guard let bytes = try store.log("\(log.run.run).jsonl"), let run = LoggedRun(log: bytes)
      else { return }
      log = StageLog(stage: log.stage, run: run)
      for line in log.lines.dropFirst(shown) { print(line) }
      if log.lines.count > shown { latestTime = max(latestTime, log.events.last?.time ?? 0) }
      shown = log.lines.count
      // Progress is recorded more often than it is logged.
      if let latest = store.latestProgress(ofRun: run.run)[log.stage], latest.time > latestTime,
        !log.isOver(now: SystemTimeSource().now)
      {
        latestTime = latest.time
        print("\(date(seconds: latest.time))  \(printable(latest.progress.words))")
      }
    }
  }
}
