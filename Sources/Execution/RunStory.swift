import ArtifactStore
import Basics

/// What a run's log tells of it, whether it still runs or not.
package struct RunStory: Sendable {
  /// How far a stage of the run is.
  package enum StageState: Hashable, Sendable {
    case running(progress: Value?)
    /// Another run computes it.
    case waiting
    /// `produced`, `reused`, `failed`, …
    case ended(String)
  }

  package struct Stage: Hashable, Sendable {
    package var state: StageState
    /// When it came into that state, in seconds since 1970.
    package var since: Double
    /// What is to be said of it: a failure's messages.
    package var messages: [String] = []
    /// `nil` for stages that have not ended, or never started.
    package var fingerprint: Fingerprint?
  }

  package var run: String
  package var pipeline: String
  /// The machine's name; empty in logs that do not tell.
  package var host: String
  package var process: ProcessIdentity?
  package var started: Double
  /// `nil` for a run that goes on, or was killed.
  package var finished: Double?
  /// When the last thing was logged.
  package var lastSign: Double
  package var stages: [String: Stage] = [:]
  /// Stages whose artifacts the run found or made.
  package var used: Set<Fingerprint> = []

  /// Reads a log; `nil` where its beginning is not that of a run's.
  ///
  /// Lines that are not whole are left out: the last one may be in the middle of being written.
  package init?(log bytes: [UInt8]) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first, let begin = try? Value(json: Array(first)),
      begin["event"] == "run-started", let run = begin["run"]?.asString,
      let pipeline = begin["pipeline"]?.asString, let started = begin["time"]?.double
    else { return nil }
    self.run = run
    self.pipeline = pipeline
    self.started = started
    host = begin["host"]?.asString ?? ""
    process = begin["owner"]?.asString.flatMap { ProcessIdentity($0) }
    lastSign = started
    for line in lines.dropFirst() {
      if let event = try? Value(json: Array(line)) { note(event) }
    }
  }

  private mutating func note(_ event: Value) {
    guard let kind = event["event"]?.asString, let time = event["time"]?.double else { return }
    lastSign = max(lastSign, time)
    if kind == "run-finished" { finished = time }
    guard let stage = event["stage"]?.asString else { return }
    switch kind {
    case "stage-started":
      stages[stage] = Stage(state: .running(progress: nil), since: time)
    case "stage-progress":
      stages[stage]?.state = .running(progress: event)
    case "stage-waiting":
      stages[stage] = Stage(state: .waiting, since: time)
    case "stage-damaged":
      stages[stage] = nil
    case "stage-finished":
      let messages = event["errors"]?.asList?.compactMap(\.asString) ?? []
      let fingerprint = fingerprint(in: event)
      let outcome = event["outcome"]?.asString ?? ""
      stages[stage] = Stage(
        state: .ended(outcome), since: time, messages: messages,
        fingerprint: fingerprint)
      if let fingerprint, outcome != "failed" { used.insert(fingerprint) }
    default: break
    }
  }

  private func fingerprint(in event: Value) -> Fingerprint? {
    event["fingerprint"]?.asString.flatMap { Fingerprint(hexadecimal: $0) }
  }

  /// Whether the run goes on, as far as can be told: of one on another machine only that it has not ended,
  /// and has logged something within a day.
  ///
  /// - Parameter now: seconds since 1970.
  package func isLive(now: Double) -> Bool {
    guard finished == nil, let process, !process.isGone else { return false }
    return process.isHere || now - lastSign < 86_400
  }

  /// How many stages ended in which way.
  package var counts: [String: Int] {
    var counts: [String: Int] = [:]
    for stage in stages.values {
      if case .ended(let outcome) = stage.state { counts[outcome, default: 0] += 1 }
    }
    return counts
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
