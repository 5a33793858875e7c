import ArtifactStore
import Basics
import Execution

/// What the runs of a store logged about one stage, wherever they ran.
struct StageLog {
  let stage: String
  let run: LoggedRun

  /// The latest runs that worked on a stage, the latest last; if there are none, the latest that used its result.
  static func latest(_ limit: Int, of stage: String, in store: Store) throws -> [StageLog] {
    var logs: [StageLog] = []
    var reuse: StageLog?
    for name in try store.readableLogNames().reversed() where name.hasSuffix(".jsonl") {
      guard logs.count < limit else { break }
      guard let bytes = try store.log(name), let run = LoggedRun(log: bytes) else { continue }
      let log = StageLog(stage: stage, run: run)
      if log.isWork {
        logs.append(log)
      } else if reuse == nil, !log.events.isEmpty {
        reuse = log
      }
    }
    return logs.isEmpty ? reuse.map { [$0] } ?? [] : logs.reversed()
  }

  /// Whether the run did something for the stage, other than using its result or leaving it alone.
  private var isWork: Bool {
    events.contains { event in
      guard case .stageFinished(_, let end) = event.content else { return true }
      switch end.ending {
      case .produced, .failed, .stopped: return true
      case .reused, .skipped, .notStarted: return false
      }
    }
  }

  /// The events of the stage, in order.
  var events: [LoggedEvent] { run.events.filter { $0.content.stage == stage } }

  /// `run 20260131T235959Z-1a2b3c of quickstart on node1 (process 123)`
  var title: String {
    let place = run.host.isEmpty ? "" : " on \(run.host)"
    let process = run.process.map { " (process \($0.id))" } ?? ""
    return printable("run \(run.run) of \(run.pipeline)\(place)\(process)")
  }

  /// One line for each event that says something, some of several lines.
  var lines: [String] { events.compactMap(\.line) }

  /// Whether nothing more is to be expected.
  func isOver(now: Double) -> Bool {
    if case .stageFinished? = events.last?.content { return true }
    return !RunStory(run).isLive(now: now)
  }
}

extension LoggedEvent.Content {
  /// The stage that it is about; `nil` for events of the run.
  var stage: String? {
    switch self {
    case .stageWaiting(let stage), .stageDamaged(let stage), .stageStarted(let stage, _),
      .stageProgress(let stage, _), .stageFinished(let stage, _):
      stage
    case .runFinished, .other: nil
    }
  }
}

extension LoggedEvent {
  /// `2026-01-31 23:59:59 UTC  started (train)`; `nil` for events that are not of a stage.
  var line: String? { words.map { "\(date(seconds: time))  \(printable($0))" } }

  private var words: String? {
    switch content {
    case .stageWaiting: "waits for another run"
    case .stageDamaged: "its result is damaged"
    case .stageStarted(_, let kind): "started (\(kind))"
    case .stageProgress(_, let progress): progress.words
    case .stageFinished(_, let end):
      ([([end.ending.rawValue] + (end.saved.map { [$0.words] } ?? [])).joined(separator: ", ")]
        + end.messages.map { "  error: \($0)" }).joined(separator: "\n")
    case .runFinished, .other: nil
    }
  }
}

extension StageProgress {
  /// `120 of 240 iterations, loss 1.234, accuracy 43.2 %, validation 40.1 %, 12,345 images/s`
  var words: String {
    var parts = ["\(grouped(completed)) of \(grouped(total)) \(unit)"]
    if let loss { parts.append("loss \(fixed(loss, decimals: 3))") }
    if let accuracy { parts.append("accuracy \(fixed(100 * accuracy, decimals: 1)) %") }
    parts += measuredWords
    if let speed { parts.append(speed) }
    return parts.joined(separator: ", ")
  }

  /// `12,345 images/s`; `nil` if nothing is known, or something that cannot be, as in a log of somebody else.
  var speed: String? {
    guard let imagesPerSecond, 0..<1e15 ~= imagesPerSecond else { return nil }
    return "\(grouped(Int(imagesPerSecond))) images/s"
  }

  /// `validation 40.1 %` for each subset that was measured.
  var measuredWords: [String] {
    measured.sorted { $0.key < $1.key }.map { "\($0.key) \(fixed(100 * $0.value, decimals: 1)) %" }
  }
}
