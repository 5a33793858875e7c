import Basics
import Execution

/// What a run did when, as its log tells.
package struct RunTimeline: Sendable {
  package enum Ending: String, Hashable, Sendable {
    case produced, failed, stopped
    /// It was under way when the log ended.
    case unfinished

    init(_ ending: StageEnding) {
      switch ending {
      case .produced: self = .produced
      case .failed: self = .failed
      case .stopped: self = .stopped
      case .reused, .skipped, .notStarted: self = .unfinished
      }
    }
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
  /// - Parameter isContinued: whether the stage that left this fingerprint resumed from a checkpoint.
  package init?(log bytes: [UInt8], isContinued: (Fingerprint) -> Bool) {
    guard let log = LoggedRun(log: bytes) else { return nil }
    run = log.run
    pipeline = log.pipeline
    var open: [String: Span] = [:]
    var waiting: [String: Double] = [:]
    for event in log.events {
      let now = max(event.time - log.started, 0)
      length = max(length, now)
      switch event.content {
      case .stageStarted(let stage, let kind):
        if let since = waiting.removeValue(forKey: stage) { waits.append((stage, since, now)) }
        open[stage] = Span(stage: stage, kind: kind, start: now, end: now, ending: .unfinished)
      case .stageWaiting(let stage): waiting[stage] = now
      case .stageFinished(let stage, let end):
        if let since = waiting.removeValue(forKey: stage) { waits.append((stage, since, now)) }
        if end.ending == .reused { reused += 1 }
        if end.ending == .skipped || end.ending == .notStarted { skipped += 1 }
        guard var span = open.removeValue(forKey: stage) else { continue }
        span.end = now
        span.ending = Ending(end.ending)
        if span.ending == .produced, span.kind == "train" || span.kind == "transfer",
          let fingerprint = end.fingerprint
        {
          span.isContinued = isContinued(fingerprint)
        }
        spans.append(span)
      // Of progress, only the time is taken.
      case .stageProgress, .stageDamaged, .runFinished, .other: break
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
