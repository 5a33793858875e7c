import Basics

/// What a run did when, as its log tells.
package struct RunTimeline: Sendable {
  package enum Ending: String, Hashable, Sendable {
    case produced, failed, stopped
    /// It was under way when the log ended.
    case unfinished
  }

  /// A stage that ran.
  package struct Span: Hashable, Sendable {
    package var stage: String
    package var kind: String
    /// Seconds since the run began.
    package var start: Double
    package var end: Double
    package var ending: Ending
    /// Whether it went on from a checkpoint or from a shorter training.
    package var isContinued = false
    /// Spans that overlap have different lanes, from 0.
    package var lane = 0
  }

  /// The run's name.
  package let run: String
  package let pipeline: String
  /// By their start.
  package private(set) var spans: [Span] = []
  /// Stages whose artifacts were there.
  package private(set) var reused = 0
  /// Stages that were blocked, or whose turn did not come.
  package private(set) var skipped = 0
  /// Stages that another run computed meanwhile, with seconds since the beginning.
  package private(set) var waits: [(stage: String, start: Double, end: Double)] = []
  /// Seconds from the first event to the last.
  package private(set) var length = 0.0
  package private(set) var lanes = 0

  /// Reads a log of events, a JSON object a line; `nil` where its beginning is not that of a run's.
  ///
  /// - Parameter isContinued: whether the stage that left this fingerprint went on from an earlier state.
  package init?(log bytes: [UInt8], isContinued: (Fingerprint) -> Bool) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first, let begin = try? Value(json: Array(first)),
      begin["event"] == "run-started", let run = begin["run"]?.asString,
      let started = begin["time"]?.double
    else { return nil }
    self.run = run
    pipeline = begin["pipeline"]?.asString ?? ""
    var open: [String: Span] = [:]
    var waiting: [String: Double] = [:]
    for line in lines.dropFirst() {
      // Most events are progress, and only the end of time is taken from them.
      guard let event = try? Value(json: Array(line)), let kind = event["event"]?.asString,
        let time = event["time"]?.double
      else { continue }
      let now = max(time - started, 0)
      length = max(length, now)
      guard let stage = event["stage"]?.asString else { continue }
      switch kind {
      case "stage-started":
        if let since = waiting.removeValue(forKey: stage) { waits.append((stage, since, now)) }
        open[stage] = Span(
          stage: stage, kind: event["kind"]?.asString ?? "", start: now, end: now,
          ending: .unfinished)
      case "stage-waiting": waiting[stage] = now
      case "stage-finished":
        if let since = waiting.removeValue(forKey: stage) { waits.append((stage, since, now)) }
        let outcome = event["outcome"]?.asString ?? ""
        if outcome == "reused" { reused += 1 }
        if outcome == "skipped" || outcome == "not-started" { skipped += 1 }
        guard var span = open.removeValue(forKey: stage) else { continue }
        span.end = now
        span.ending = Ending(rawValue: outcome) ?? .unfinished
        if span.ending == .produced, span.kind == "train" || span.kind == "transfer",
          let fingerprint = event["fingerprint"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) })
        {
          span.isContinued = isContinued(fingerprint)
        }
        spans.append(span)
      default: break
      }
    }
    for var span in open.values {
      span.end = length
      spans.append(span)
    }
    for (stage, since) in waiting { waits.append((stage, since, length)) }
    spans.sort { ($0.start, $0.end, $0.stage) < ($1.start, $1.end, $1.stage) }
    assignLanes()
  }

  /// The lowest lane that is free.
  private mutating func assignLanes() {
    var ends: [Double] = []
    for index in spans.indices {
      if let free = ends.firstIndex(where: { $0 <= spans[index].start + 1e-9 }) {
        spans[index].lane = free
        ends[free] = spans[index].end
      } else {
        spans[index].lane = ends.count
        ends.append(spans[index].end)
      }
    }
    lanes = ends.count
  }

  /// Whether anything was computed.
  package var didWork: Bool { !spans.isEmpty }
}
