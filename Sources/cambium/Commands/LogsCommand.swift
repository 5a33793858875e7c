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
    var logs = try StageLog.latest(runs, of: stage, in: store)
    let output = try JobOutput(of: stage, in: store)
    var awaited: RunStory?
    if follow, logs.last?.isOver(now: SystemTimeSource().now) ?? true {
      awaited = try liveRun(in: store, toCompute: stage)
    }
    if logs.isEmpty, awaited == nil {
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
    for log in logs { print(log) }
    if let output { print(output.title) }
    guard follow else { return }
    let stop = stopOnSignals()
    if let awaited {
      print(printable("waits for run \(awaited.run), which has not begun the stage"))
      guard let begun = try begin(of: stage, in: awaited.run, store, stop) else { return }
      print(begun)
      logs = [begun]
    }
    if let last = logs.last { try self.follow(last, in: store, stop) }
  }

  private func print(_ log: StageLog) {
    print(log.title)
    for line in log.lines { print(line) }
  }

  private func print(_ line: String) { Swift.print(line) }

  /// A run of the pipeline that is running, and has not ended the stage.
  private func liveRun(in store: Store, toCompute stage: String) throws -> RunStory? {
    let now = SystemTimeSource().now
    let live = try store.runStories(atMost: 20).filter {
      $0.isLive(now: now) && $0.stages[stage]?.end == nil
    }
    guard !live.isEmpty else { return nil }
    let plan = try options.pipeline.plan()
    _ = try plan.stage(named: stage)
    return live.first { $0.pipeline == plan.pipeline }
  }

  /// Waits until a run logs something about a stage; `nil` if the run ends without.
  private func begin(
    of stage: String, in run: String, _ store: Store, _ stop: StopSignal
  ) throws -> StageLog? {
    while !stop.isRequested {
      fflush(nil)
      guard let bytes = try store.log("\(run).jsonl"), let logged = LoggedRun(log: bytes) else {
        return nil
      }
      let log = StageLog(stage: stage, run: logged)
      if !log.events.isEmpty { return log }
      guard !log.isOver(now: SystemTimeSource().now) else { return nil }
      usleep(500_000)
    }
    return nil
  }

  /// Prints what is added, until the stage or its run has ended.
  private func follow(_ log: StageLog, in store: Store, _ stop: StopSignal) throws {
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
