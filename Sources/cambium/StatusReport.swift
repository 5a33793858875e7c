import ArtifactStore
import Basics
import Execution
import Planning
import Slurm

/// The activity in a store, and the states of a plan's stages.
struct StatusReport {
  /// A stage that is being computed.
  struct Running {
    var holder: ClaimHolder
    /// The overridden parameters of its run, `key=value`.
    var settings: [String] = []
    /// Whether the file does not have it any more.
    var isFormer = false
    /// By the clock of the store's file system.
    var lastSign: Double
    /// Whether a signal has stopped its process.
    var isStopped = false
    /// The last logged progress, and its time.
    var progress: (told: StageProgress, at: Double)?
  }

  /// A stage of the plan.
  struct Stage {
    var name: String
    var kind: StageKind
    var state: State
  }

  enum State {
    case done
    case running(ClaimHolder)
    /// A task of a cluster is to compute it, or does: `12_3`.
    case queued(String)
    /// Its last attempt failed, and nothing has changed since.
    case failed(PastFailure, RunReason)
    /// Its last attempt was interrupted, and nothing has changed since.
    case unfinished(RunReason)
    case toRun(RunReason)
    /// It is open whether it runs.
    case waiting(RunReason)
  }

  var now: Double
  /// The plan's pipeline and overridden parameters; `nil` without a plan.
  var source: (pipeline: String, settings: [String])?
  var running: [Running]
  /// The latest first.
  var runs: [RunStory]
  /// In the order of the plan; `nil` without one.
  var stages: [Stage]?
  /// `nil` if nothing was submitted to a cluster.
  var cluster: ClusterStatus?

  /// - Parameters:
  ///   - plan: the file's plan with these parameters overridden; `nil` for the store alone.
  ///   - cluster: what is queued and running on a cluster.
  init(
    of store: Store, plan: (plan: Plan, settings: [String])?, cluster: ClusterStatus?,
    runs limit: Int, now: Double
  ) throws {
    self.now = now
    self.cluster = cluster
    source = plan.map { ($0.plan.pipeline, $0.settings) }
    try store.checkFormat()
    let stories = try store.runStories(atMost: max(limit, 20))
    running = try store.holders().map { holder, lastSign in
      var running = Running(holder: holder, lastSign: lastSign)
      running.isStopped = holder.process.isStopped
      let story = stories.first { $0.run == holder.run }
      running.settings = story?.settings ?? []
      if let stage = story?.stages[holder.stage], case .running(let last?) = stage.state {
        running.progress = (last, stage.since)
      }
      if let told = store.latestProgress(ofRun: holder.run)[holder.stage],
        told.time > running.progress?.at ?? 0
      {
        running.progress = (told.progress, told.time)
      }
      return running
    }
    runs = Array(stories.prefix(limit))
    let holders = Dictionary(
      running.map { ($0.holder.fingerprint, $0.holder) }, uniquingKeysWith: { first, _ in first })
    stages = plan.map { plan, _ in
      plan.stages.map { stage in
        var state =
          holders[stage.fingerprint].map { State.running($0) } ?? State(stage.status.reason)
        if !stage.status.isCached, case .toRun = state, let task = cluster?.tasks[stage.fingerprint]
        {
          state = .queued(task)
        }
        return Stage(name: stage.name, kind: stage.kind, state: state)
      }
    }
    if let plan = plan?.plan {
      let current = Set(plan.stages.map(\.fingerprint))
      for index in running.indices where running[index].holder.pipeline == plan.pipeline {
        running[index].isFormer = !current.contains(running[index].holder.fingerprint)
      }
    }
  }
}

extension StatusReport {
  /// Whether a run is active, as far as is known.
  var isLive: Bool {
    !running.isEmpty || cluster?.rows.isEmpty == false || runs.contains { $0.isLive(now: now) }
  }

  /// What is running, and the state of each stage, without its progress.
  var states: [String] {
    running.map(\.holder.stage) + (cluster?.rows ?? []).map { "\($0.job) \($0.state)" }
      + (stages ?? []).map { "\($0.name): \($0.state.word)" }
  }
}

extension StatusReport.State {
  /// - Parameter reason: why the stage runs; `nil` where it does not.
  fileprivate init(_ reason: RunReason?) {
    guard let reason else {
      self = .done
      return
    }
    self =
      switch reason {
      case .failed(let failure, _): .failed(failure, reason)
      case .unfinished: .unfinished(reason)
      case .imagesMayDiffer: .waiting(reason)
      default: .toRun(reason)
      }
  }
}

// MARK: - Text

extension StatusReport {
  var text: String {
    var text = "running\n" + StatusReport.table(running.map(row))
    if let cluster { text += "\n" + cluster.text(now: now) }
    if let stages {
      var counts: [String: Int] = [:]
      for stage in stages { counts[stage.state.word, default: 0] += 1 }
      let summary = ["done", "running", "queued", "failed", "unfinished", "to run", "waiting"]
        .compactMap {
          word in
          counts[word].map { "\($0) \(word)" }
        }
      text += "\nstages: \(summary.joined(separator: ", "))\n"
      text += StatusReport.table(
        stages.map { [printable($0.name), $0.kind.rawValue, $0.state.text] })
    }
    text += "\nlatest runs\n" + StatusReport.table(runs.map(row))
    if let source,
      runs.contains(where: { $0.pipeline == source.pipeline && $0.settings != source.settings })
    {
      let own =
        source.settings.isEmpty
        ? "without --set" : "with \(source.settings.joined(separator: ", "))"
      text +=
        printable("the stages are those of the file \(own); some runs had other settings") + "\n"
    }
    return text
  }

  /// What a run was of: `tiny (rate=0.5)`.
  private static func title(_ pipeline: String, _ settings: [String]) -> String {
    pipeline + (settings.isEmpty ? "" : " (\(settings.joined(separator: ", ")))")
  }

  private static func table(_ rows: [[String]]) -> String {
    rows.isEmpty
      ? "  none\n" : alignedColumns(rows.map { row in ["  " + row[0]] + row.dropFirst() })
  }

  private func row(_ running: Running) -> [String] {
    let holder = running.holder
    var facts = ["for \(duration(seconds: max(0, now - holder.since)))"]
    if let progress = running.progress?.told {
      if progress.total > 0 {
        let percent = 100 * Double(progress.completed) / Double(progress.total)
        facts.append("\(fixed(percent.rounded(.down), decimals: 0)) %")
      }
      if let loss = progress.loss { facts.append("loss \(fixed(loss, decimals: 3))") }
      facts += progress.measuredWords
    }
    if running.isStopped {
      facts.append("stopped ('kill -CONT \(holder.process.id)' continues it)")
    }
    if !holder.process.isHere {
      facts.append("last sign of life \(duration(seconds: max(0, now - running.lastSign))) ago")
    }
    let settings = running.settings.isEmpty ? "" : " (\(running.settings.joined(separator: ", ")))"
    if running.isFormer { facts.append("of other settings than those of the file") }
    return [
      printable(holder.stage), printable("\(holder)\(settings)"), facts.joined(separator: ", "),
    ]
  }

  private func row(_ story: RunStory) -> [String] {
    let end: String
    if let finished = story.finished {
      end = "ended after \(duration(seconds: finished - story.started))"
    } else if story.isLive(now: now) {
      end = "runs for \(duration(seconds: max(0, now - story.started)))"
    } else {
      end = "was killed"
    }
    let counts = StageEnding.allCases.compactMap { ending in
      story.counts[ending].map { "\($0) \(ending.rawValue)" }
    }
    let who = story.process.map { "process \($0.id) on \(story.host)" } ?? ""
    return [
      date(seconds: story.started), printable(StatusReport.title(story.pipeline, story.settings)),
      printable(who), end,
      counts.joined(separator: ", "),
    ]
  }
}

extension StatusReport.State {
  fileprivate var word: String {
    switch self {
    case .done: "done"
    case .running: "running"
    case .queued: "queued"
    case .failed: "failed"
    case .unfinished: "unfinished"
    case .toRun: "to run"
    case .waiting: "waiting"
    }
  }

  fileprivate var text: String {
    switch self {
    case .done: word
    case .toRun(let reason), .waiting(let reason): "\(word) (\(reason))"
    case .running(let holder): printable("running (\(holder))")
    case .queued(let task): "queued (job \(task))"
    case .failed(_, let reason), .unfinished(let reason): "\(reason)"
    }
  }
}

// MARK: - JSON

extension StatusReport: ValueConvertible {
  /// `{"format": 1, "running": [{claim, "settings", "last-sign", "is-stopped", "progress"}], "stages": [{"stage", "kind", "state",
  /// "held-by", "reason", "errors", "cause", "run", "time"}], "runs": [{"run", "pipeline", "settings", "host", "process", "started", "finished",
  /// "is-live", "counts"}], "cluster"}`; `cluster` is that of `ClusterStatus.value`, if anything was submitted.
  ///
  /// `state` is `done`, `running`, `queued` (with `job`), `failed`, `unfinished`, `to run` or `waiting` (it is open whether it runs); `reason` is that of `plan --json`: see `RunReason.value`.
  var value: Value {
    var entries: [String: Value] = [
      "format": 1,
      "running": .list(
        running.map { stage in
          var entries = stage.holder.value.asMap ?? [:]
          entries["settings"] = .list(stage.settings.map(Value.string))
          entries["last-sign"] = .number(stage.lastSign)
          entries["is-stopped"] = .bool(stage.isStopped)
          entries["progress"] =
            stage.progress.map { progress in
              ExecutionEvent.stageProgress(stage.holder.stage, progress.told).value(at: progress.at)
            } ?? .null
          return .map(entries)
        }),
      "runs": .list(
        runs.map { story in
          [
            "run": .string(story.run), "pipeline": .string(story.pipeline),
            "settings": .list(story.settings.map(Value.string)), "host": .string(story.host),
            "process": story.process.map { .integer(Int($0.id)) } ?? .null,
            "started": .number(story.started),
            "finished": story.finished.map(Value.number) ?? .null,
            "is-live": .bool(story.isLive(now: now)),
            "counts": .map(
              Dictionary(
                uniqueKeysWithValues: story.counts.map { ($0.key.rawValue, .integer($0.value)) })),
          ]
        }),
    ]
    entries["cluster"] = cluster?.value
    if let stages { entries["stages"] = .list(stages.map(StatusReport.value)) }
    return .map(entries)
  }

  private static func value(of stage: Stage) -> Value {
    var entries: [String: Value] = [
      "stage": .string(stage.name), "kind": .string(stage.kind.rawValue),
      "state": .string(stage.state.word),
    ]
    switch stage.state {
    case .done: break
    case .running(let holder): entries["held-by"] = holder.value
    case .queued(let task): entries["job"] = .string(task)
    case .unfinished(let reason), .toRun(let reason), .waiting(let reason):
      entries["reason"] = reason.value
    case .failed(let failure, let reason):
      entries.merge(failure.value.asMap ?? [:]) { own, _ in own }
      entries["reason"] = reason.value
    }
    return .map(entries)
  }
}
