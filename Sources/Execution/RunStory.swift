import ArtifactStore
import Basics

/// The state of a run according to its log, whether or not it is still running.
package struct RunStory: Sendable {
  /// The state of a stage of the run.
  package enum StageState: Hashable, Sendable {
    case running(progress: StageProgress?)
    /// Another run computes it.
    case waiting
    case ended(LoggedEnd)
  }

  package struct Stage: Hashable, Sendable {
    package var state: StageState
    /// The time of the log entry, in seconds since 1970.
    package var since: Double

    /// How the stage ended; `nil` if it has not.
    package var end: LoggedEnd? { if case .ended(let end) = state { end } else { nil } }
  }

  package var run: String
  package var pipeline: String
  /// The overridden parameters, `key=value`; empty if the log does not state them.
  package var settings: [String]
  /// The name of the machine; empty if the log does not state it.
  package var host: String
  package var process: ProcessIdentity?
  package var started: Double
  /// `nil` for a run that is still running, or was killed.
  package var finished: Double?
  /// The time of the last log entry.
  package var lastSign: Double
  package var stages: [String: Stage] = [:]
  /// The artifacts that the run reused or produced.
  package var used: Set<Fingerprint> = []
  /// Whether the log says all of it, and is not damaged.
  package var isWhole: Bool

  /// Reads a log; `nil` if it does not begin like the log of a run.
  package init?(log bytes: [UInt8]) {
    guard let log = LoggedRun(log: bytes) else { return nil }
    self.init(log)
  }

  package init(_ log: LoggedRun) {
    run = log.run
    pipeline = log.pipeline
    settings = log.settings
    host = log.host
    process = log.process
    started = log.started
    lastSign = started
    isWhole = log.isWhole
    for event in log.events { note(event) }
  }

  private mutating func note(_ event: LoggedEvent) {
    let time = event.time
    lastSign = max(lastSign, time)
    switch event.content {
    case .stageStarted(let stage, _):
      stages[stage] = Stage(state: .running(progress: nil), since: time)
    case .stageProgress(let stage, let progress):
      stages[stage] = Stage(state: .running(progress: progress), since: time)
    case .stageWaiting(let stage): stages[stage] = Stage(state: .waiting, since: time)
    case .stageDamaged(let stage): stages[stage] = nil
    case .stageFinished(let stage, let end):
      stages[stage] = Stage(state: .ended(end), since: time)
      if let fingerprint = end.fingerprint, end.ending != .failed { used.insert(fingerprint) }
    case .runFinished: finished = time
    case .other: break
    }
  }

  /// Whether the run is still running, as far as is known. For a run on another machine, this only means that it has
  /// not ended, and has logged something within a day.
  ///
  /// - Parameter now: seconds since 1970.
  package func isLive(now: Double) -> Bool {
    guard finished == nil, let process, !process.isGone else { return false }
    return process.isHere || now - lastSign < 86_400
  }

  /// The number of stages by outcome; outcomes without stages are left out.
  package var counts: [StageEnding: Int] {
    Dictionary(grouping: stages.values.compactMap { $0.end?.ending }) { $0 }.mapValues(\.count)
  }
}

extension Store {
  /// How far each stage of a run was when the run last told, and when that was; nothing of a run that is over.
  package func latestProgress(
    ofRun run: String
  ) -> [String: (progress: StageProgress, time: Double)] {
    var latest: [String: (progress: StageProgress, time: Double)] = [:]
    for line in (toldProgress(ofRun: run) ?? []).split(separator: UInt8(ascii: "\n")) {
      guard let value = try? Value(json: Array(line)), let event = LoggedEvent(value),
        case .stageProgress(let stage, let progress) = event.content
      else { continue }
      latest[stage] = (progress, event.time)
    }
    return latest
  }

  /// The latest runs with a log, in descending order of time; none if the logs cannot be listed.
  package func runStories(atMost limit: Int = .max) throws(DiagnosticError) -> [RunStory] {
    var stories: [RunStory] = []
    for name in try readableLogNames().reversed() where name.hasSuffix(".jsonl") {
      guard stories.count < limit else { break }
      if let bytes = try log(name), let story = RunStory(log: bytes) { stories.append(story) }
    }
    return stories
  }
}
