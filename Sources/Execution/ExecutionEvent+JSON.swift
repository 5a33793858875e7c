import ArtifactStore
import Basics
import Planning

/// The values of `event` in the JSON of events.
enum EventName: String {
  case runStarted = "run-started"
  case stagesDecided = "stages-decided"
  case stageWaiting = "stage-waiting"
  case stageDamaged = "stage-damaged"
  case stageStarted = "stage-started"
  case stageProgress = "stage-progress"
  case stageFinished = "stage-finished"
  case warning
  case runFinished = "run-finished"

  /// The name of an event; `nil` for those of other versions, and for anything else.
  init?(_ event: Value) {
    guard let word = event["event"]?.asString else { return nil }
    self.init(rawValue: word)
  }
}

extension ExecutionEvent {
  /// The format number of the events' JSON, stated by `run-started`.
  package static let format = 1

  /// The event as a JSON object, one line of a run's log and of `--json`.
  ///
  /// Every event has `event` and `time` (seconds since 1970); events of a stage also have `stage`:
  ///
  /// | `event` | other keys |
  /// |---|---|
  /// | `run-started` | `format`, `run`, `pipeline`, `settings` (overridden parameters, `key=value`), `stages`, `to-run`, `waiting` (of so many more it is open whether they run), `host`, `process`, `owner` (identifies a process uniquely) |
  /// | `stages-decided` | `to-run` (from here on), `waiting` (of so many stages it was open) |
  /// | `stage-waiting` | `held-by`: `host`, `process`, `run`, `pipeline`, `stage`, `since`, `fingerprint`, or null |
  /// | `stage-damaged` | `damage` |
  /// | `stage-started` | `kind`, `reason` (an object with `why`), `threads` |
  /// | `stage-progress` | `completed`, `total`, `unit`; if known `loss`, `accuracy`, `images-per-second`, `rate`, `measured` (accuracies by subset) and `measured-at` |
  /// | `stage-finished` | `outcome`: `reused`, `produced` (both with `fingerprint`; `produced` with `reason`, `seconds`, `metrics`), `failed` (`fingerprint`, `errors`, `cause` (an object with `why`), `log`), `skipped` (`blocked-by`), `stopped` (`saved`: null for nothing, or an object, with `iteration` and `iterations` of a training run), `not-started` |
  /// | `warning` | `message` |
  /// | `run-finished` | `run`, `seconds`, `was-stopped`, `counts` (by outcome) |
  package func value(at time: Double) -> Value {
    var entries = fields
    entries["event"] = .string(name.rawValue)
    entries["time"] = .number(time)
    return .map(entries)
  }

  private var name: EventName {
    switch self {
    case .runStarted: .runStarted
    case .stagesDecided: .stagesDecided
    case .stageWaiting: .stageWaiting
    case .stageDamaged: .stageDamaged
    case .stageStarted: .stageStarted
    case .stageProgress: .stageProgress
    case .stageFinished: .stageFinished
    case .warning: .warning
    case .runFinished: .runFinished
    }
  }

  private var fields: [String: Value] {
    switch self {
    case .runStarted(let run, let pipeline, let settings, let stages, let toRun, let waiting):
      [
        "format": .integer(ExecutionEvent.format), "run": .string(run),
        "pipeline": .string(pipeline), "settings": .list(settings.map(Value.string)),
        "stages": .integer(stages), "to-run": .integer(toRun),
        "waiting": .integer(waiting), "host": .string(ProcessIdentity.hostName),
        "process": .integer(Int(ProcessIdentity.current.id)),
        "owner": .string("\(ProcessIdentity.current)"),
      ]
    case .stagesDecided(let toRun, let waiting):
      ["to-run": .integer(toRun), "waiting": .integer(waiting)]
    case .stageWaiting(let stage, let holder):
      ["stage": .string(stage), "held-by": holder?.value ?? .null]
    case .stageDamaged(let stage, let damage):
      ["stage": .string(stage), "damage": .string("\(damage)")]
    case .stageStarted(let stage, let kind, let reason, let threads):
      [
        "stage": .string(stage), "kind": .string(kind.rawValue),
        "reason": reason.value, "threads": .integer(threads),
      ]
    case .stageProgress(let stage, let progress):
      progress.fields.merging(["stage": .string(stage)]) { $1 }
    case .stageFinished(let stage, let outcome):
      outcome.fields.merging(["stage": .string(stage)]) { $1 }
    case .warning(let diagnostic):
      ["message": .string(diagnostic.message)]
    case .runFinished(let summary):
      [
        "run": .string(summary.run), "seconds": .number(summary.seconds),
        "was-stopped": .bool(summary.wasStopped),
        "counts": .map(
          Dictionary(
            uniqueKeysWithValues: summary.counts.map { ($0.key.rawValue, .integer($0.value)) })),
      ]
    }
  }
}

extension StageProgress {
  fileprivate var fields: [String: Value] {
    var fields: [String: Value] = [
      "completed": .integer(completed), "total": .integer(total), "unit": .string(unit),
    ]
    fields["loss"] = loss.map(Value.number)
    fields["accuracy"] = accuracy.map(Value.number)
    fields["images-per-second"] = imagesPerSecond.map(Value.number)
    fields["rate"] = rate.map(Value.number)
    fields["measured-at"] = measuredAt.map(Value.integer)
    if !measured.isEmpty { fields["measured"] = .map(measured.mapValues(Value.number)) }
    return fields
  }
}

extension SavedWork {
  /// `nil` for anything else.
  init?(_ value: Value) {
    if value == .null {
      self = .nothing
    } else if let iteration = value["iteration"]?.asInteger,
      let length = value["iterations"]?.asInteger
    {
      self = .state(iteration: iteration, of: length)
    } else if value.asMap != nil {
      self = .part
    } else {
      return nil
    }
  }

  fileprivate var value: Value {
    switch self {
    case .nothing: .null
    case .state(let iteration, let length):
      ["iteration": .integer(iteration), "iterations": .integer(length)]
    case .part: [:]
    }
  }
}

extension StageOutcome {
  fileprivate var fields: [String: Value] {
    var fields = details
    fields["outcome"] = .string(ending.rawValue)
    return fields
  }

  private var details: [String: Value] {
    switch self {
    case .reused(let artifact):
      ["fingerprint": .string(artifact.record.fingerprint.hexadecimal)]
    case .produced(let artifact, let reason):
      [
        "fingerprint": .string(artifact.record.fingerprint.hexadecimal),
        "reason": reason.value, "seconds": .number(artifact.record.seconds),
        "metrics": artifact.record.metrics,
      ]
    case .failed(let failure):
      [
        "fingerprint": .string(failure.fingerprint.hexadecimal),
        "errors": .list(failure.error.diagnostics.map { .string($0.message) }),
        "cause": failure.cause.value,
        "log": failure.log.map { .string($0.string) } ?? .null,
      ]
    case .skipped(let blocker): ["blocked-by": .string(blocker)]
    case .stopped(let saved): ["saved": saved.value]
    case .notStarted: [:]
    }
  }
}
