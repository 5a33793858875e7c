import ArtifactStore
import Basics

/// What a run's log tells of it, whether it still runs or not.
package struct RunStory: Sendable {
  /// How far a stage of the run is.
  package enum StageState: Hashable, Sendable {
    case running(progress: StageProgress?)
    /// Another run computes it.
    case waiting
    case ended(LoggedEnd)
  }

  package struct Stage: Hashable, Sendable {
    package var state: StageState
    /// When this was logged, in seconds since 1970.
    package var since: Double

    /// How it ended; `nil` for stages that have not.
    package var end: LoggedEnd? { if case .ended(let end) = state { end } else { nil } }
  }

  package var run: String
  package var pipeline: String
  /// The machine's name; empty in logs that do not say.
  package var host: String
  package var process: ProcessIdentity?
  package var started: Double
  /// `nil` for a run that is not over, or was killed.
  package var finished: Double?
  /// When the last thing was logged.
  package var lastSign: Double
  package var stages: [String: Stage] = [:]
  /// Stages whose artifacts the run found or made.
  package var used: Set<Fingerprint> = []

  /// Reads a log; `nil` where its beginning is not that of a run's.
  package init?(log bytes: [UInt8]) {
    guard let log = LoggedRun(log: bytes) else { return nil }
    run = log.run
    pipeline = log.pipeline
    host = log.host
    process = log.process
    started = log.started
    lastSign = started
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

  /// Whether the run goes on, as far as can be told: of one on another machine only that it has not ended,
  /// and has logged something within a day.
  ///
  /// - Parameter now: seconds since 1970.
  package func isLive(now: Double) -> Bool {
    guard finished == nil, let process, !process.isGone else { return false }
    return process.isHere || now - lastSign < 86_400
  }

  /// How many stages ended in which way; none for ways in which no stage did.
  package var counts: [StageEnding: Int] {
    Dictionary(grouping: stages.values.compactMap { $0.end?.ending }) { $0 }.mapValues(\.count)
  }
}

extension Store {
  /// The stories of the latest runs that left a log, the latest first.
  package func runStories(atMost limit: Int = .max) throws(DiagnosticError) -> [RunStory] {
    var stories: [RunStory] = []
    for name in try logNames().reversed() where name.hasSuffix(".jsonl") {
      guard stories.count < limit else { break }
      if let bytes = try log(name), let story = RunStory(log: bytes) { stories.append(story) }
    }
    return stories
  }
}
