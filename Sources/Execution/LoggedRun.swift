import Basics

/// The log of a run, as written by `ExecutionEvent.value(at:)`, with everything that is read later.
package struct LoggedRun: Sendable {
  package var run: String
  package var pipeline: String
  /// The overridden parameters, `key=value`; logs of earlier versions do not state them.
  package var settings: [String]
  /// The name of the machine; empty if the log does not state it.
  package var host: String
  package var process: ProcessIdentity?
  /// In seconds since 1970.
  package var started: Double
  /// The events after the first, in order.
  package var events: [LoggedEvent]
  /// Whether every line can be read that has been written to its end.
  package var isWhole: Bool

  /// Reads a log with one JSON object per line; `nil` if it does not begin like the log of a run.
  ///
  /// Incomplete lines are skipped: the last one may be in the middle of being written.
  package init?(log bytes: [UInt8]) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let first = lines.first, let begin = try? Value(json: Array(first)),
      EventName(begin) == .runStarted, let run = begin["run"]?.asString,
      let pipeline = begin["pipeline"]?.asString, let started = begin["time"]?.double
    else { return nil }
    self.run = run
    self.pipeline = pipeline
    settings = (begin["settings"]?.asList ?? []).compactMap(\.asString)
    self.started = started
    host = begin["host"]?.asString ?? ""
    process = begin["owner"]?.asString.flatMap { ProcessIdentity($0) }
    events = lines.dropFirst().compactMap { line in
      (try? Value(json: Array(line))).flatMap(LoggedEvent.init)
    }
    let isLastComplete = bytes.last == UInt8(ascii: "\n")
    isWhole = events.count >= lines.count - (isLastComplete ? 1 : 2)
  }
}

/// One event of a log.
package struct LoggedEvent: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case stageWaiting(String)
    case stageDamaged(String)
    case stageStarted(String, kind: String)
    case stageProgress(String, StageProgress)
    case stageFinished(String, LoggedEnd)
    case runFinished
    /// An event that nothing reads, or that this version does not know.
    case other
  }

  /// In seconds since 1970.
  package var time: Double
  package var content: Content

  init?(_ value: Value) {
    guard let time = value["time"]?.double else { return nil }
    self.time = time
    content = Content(value)
  }
}

/// The end of a stage according to the log.
package struct LoggedEnd: Hashable, Sendable {
  package var ending: StageEnding
  /// `nil` for stages that never started.
  package var fingerprint: Fingerprint?
  /// The messages and cause of a failure; logs of earlier versions have no cause.
  package var messages: [String]
  package var cause: FailureCause
  /// What was saved of a stopped stage; `nil` for other endings, and in logs that do not state it.
  package var saved: SavedWork?

  package init(
    _ ending: StageEnding, fingerprint: Fingerprint? = nil, messages: [String] = [],
    cause: FailureCause = .other, saved: SavedWork? = nil
  ) {
    self.ending = ending
    self.fingerprint = fingerprint
    self.messages = messages
    self.cause = cause
    self.saved = saved
  }
}

extension LoggedEvent.Content {
  fileprivate init(_ value: Value) {
    self = .other
    let name = EventName(value)
    if name == .runFinished { self = .runFinished }
    guard let stage = value["stage"]?.asString else { return }
    switch name {
    case .stageWaiting: self = .stageWaiting(stage)
    case .stageDamaged: self = .stageDamaged(stage)
    case .stageStarted:
      if let kind = value["kind"]?.asString { self = .stageStarted(stage, kind: kind) }
    case .stageProgress:
      if let progress = StageProgress(value) { self = .stageProgress(stage, progress) }
    case .stageFinished:
      if let end = LoggedEnd(value) { self = .stageFinished(stage, end) }
    case .runStarted, .stagesDecided, .runFinished, .warning, nil: break
    }
  }
}

extension LoggedEnd {
  fileprivate init?(_ value: Value) {
    guard let ending = value["outcome"]?.asString.flatMap(StageEnding.init) else { return nil }
    self.init(
      ending,
      fingerprint: value["fingerprint"]?.asString.flatMap(Fingerprint.init(hexadecimal:)),
      messages: value["errors"]?.asList?.compactMap(\.asString) ?? [],
      cause: value["cause"].flatMap(FailureCause.init) ?? .other,
      saved: ending == .stopped ? value["saved"].flatMap(SavedWork.init) : nil)
  }
}

extension StageProgress {
  fileprivate init?(_ value: Value) {
    guard let completed = value["completed"]?.asInteger, let total = value["total"]?.asInteger,
      let unit = value["unit"]?.asString
    else { return nil }
    self.init(
      completed: completed, total: total, unit: unit, loss: value["loss"]?.double,
      accuracy: value["accuracy"]?.double, imagesPerSecond: value["images-per-second"]?.double,
      rate: value["rate"]?.double,
      measured: (value["measured"]?.asMap ?? [:]).compactMapValues(\.double),
      measuredAt: value["measured-at"]?.asInteger)
  }
}
