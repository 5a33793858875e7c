import Basics
import Execution

/// What a run did at which time, according to its log.
package struct RunTimeline: Sendable {
  package enum Ending: String, Hashable, Sendable {
    case produced, failed, stopped
    /// Still running when the log ended.
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
    /// Seconds since the start of the run.
    package var start: Double
    package var end: Double
    package var ending: Ending
    /// Whether it resumed from a checkpoint or from a shorter training run.
    package var isContinued = false
    /// Overlapping spans have different lanes, starting at 0.
    package var lane = 0
  }

  /// The name of the run.
  package let run: String
  package let pipeline: String
  /// In order of their start.
  package private(set) var spans: [Span] = []
  /// Stages with a cached artifact.
  package private(set) var reused = 0
  /// Stages that were blocked or not started.
  package private(set) var skipped = 0
  /// Stages computed by another run, with seconds since the start.
  package private(set) var waits: [(stage: String, start: Double, end: Double)] = []
  /// Seconds from the first event to the last.
  package private(set) var length = 0.0
  package private(set) var lanes = 0

  /// Reads a log of events, one JSON object per line; `nil` if it does not begin like the log of a run.
  ///
  /// - Parameter isContinued: whether the stage with this fingerprint resumed from a checkpoint.
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
        if span.ending == .produced, let fingerprint = end.fingerprint {
          span.isContinued = isContinued(fingerprint)
        }
        spans.append(span)
      // Only the time of progress events is used.
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

  /// The seconds for which a stage may go on publishing its files while the next one in its lane runs already.
  private static let handover = 2.0

  /// Assigns the lowest free lane to each span.
  private mutating func assignLanes() {
    var last: [Span] = []
    for index in spans.indices {
      let span = spans[index]
      if let free = last.firstIndex(where: { RunTimeline.hands(over: $0, to: span) }) {
        spans[index].lane = free
        last[free] = last[free].end > span.end ? last[free] : span
      } else {
        spans[index].lane = last.count
        last.append(span)
      }
    }
    lanes = last.count
  }

  /// Whether the second span follows the first one. The log has the end of a stage after its files are published,
  /// when the next one has begun: they overlap for a moment, but for no more than half of the longer one.
  private static func hands(over first: Span, to second: Span) -> Bool {
    let longer = max(first.end - first.start, second.end - second.start)
    return first.end - second.start <= min(handover, longer / 2)
  }

  /// Whether anything was computed.
  package var didWork: Bool { !spans.isEmpty }
}
