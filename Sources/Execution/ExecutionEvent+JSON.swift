import ArtifactStore
import Basics
import Planning

extension ExecutionEvent {
  /// The version of the events' JSON, told by `run-started`.
  package static let format = 1

  /// The event as a JSON object, one line of a run's log and of `--json`.
  ///
  /// Every event has `event` and `time` (seconds since 1970), and those of a stage `stage`:
  ///
  /// | `event` | further keys |
  /// |---|---|
  /// | `run-started` | `format`, `run`, `pipeline`, `stages`, `to-run`, `host`, `process`, `owner` (which tells a process from all others) |
  /// | `stage-waiting` | `held-by`: `host`, `process`, `run`, `pipeline`, `stage`, `since`, `fingerprint`, or null |
  /// | `stage-damaged` | `damage` |
  /// | `stage-started` | `kind`, `reason` (an object with `why`), `threads` |
  /// | `stage-progress` | `completed`, `total`, `unit`; where known `loss`, `accuracy`, `images-per-second` |
  /// | `stage-finished` | `outcome`: `reused`, `produced` (both with `fingerprint`; `produced` with `reason`, `seconds`, `metrics`), `failed` (`fingerprint`, `errors`, `log`), `skipped` (`blocked-by`), `stopped`, `not-started` |
  /// | `warning` | `message` |
  /// | `run-finished` | `run`, `seconds`, `was-stopped`, `counts` (by outcome) |
  package func value(at time: Double) -> Value {
    var entries = fields
    entries["time"] = .number(time)
    return .map(entries)
  }

  private var fields: [String: Value] {
    switch self {
    case .runStarted(let run, let pipeline, let stages, let toRun):
      [
        "event": "run-started", "format": .integer(ExecutionEvent.format), "run": .string(run),
        "pipeline": .string(pipeline), "stages": .integer(stages), "to-run": .integer(toRun),
        "host": .string(ProcessIdentity.hostName),
        "process": .integer(Int(ProcessIdentity.current.id)),
        "owner": .string("\(ProcessIdentity.current)"),
      ]
    case .stageWaiting(let stage, let holder):
      [
        "event": "stage-waiting", "stage": .string(stage), "held-by": holder?.value ?? .null,
      ]
    case .stageDamaged(let stage, let damage):
      ["event": "stage-damaged", "stage": .string(stage), "damage": .string("\(damage)")]
    case .stageStarted(let stage, let kind, let reason, let threads):
      [
        "event": "stage-started", "stage": .string(stage), "kind": .string(kind.rawValue),
        "reason": reason.value, "threads": .integer(threads),
      ]
    case .stageProgress(let stage, let progress):
      progress.fields.merging(["event": "stage-progress", "stage": .string(stage)]) { $1 }
    case .stageFinished(let stage, let outcome):
      outcome.fields.merging(["event": "stage-finished", "stage": .string(stage)]) { $1 }
    case .warning(let diagnostic):
      ["event": "warning", "message": .string(diagnostic.message)]
    case .runFinished(let summary):
      [
        "event": "run-finished", "run": .string(summary.run),
        "seconds": .number(summary.seconds), "was-stopped": .bool(summary.wasStopped),
        "counts": summary.counts.value,
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
    return fields
  }
}

extension StageOutcome {
  fileprivate var fields: [String: Value] {
    switch self {
    case .reused(let artifact):
      ["outcome": "reused", "fingerprint": .string(artifact.record.fingerprint.hexadecimal)]
    case .produced(let artifact, let reason):
      [
        "outcome": "produced", "fingerprint": .string(artifact.record.fingerprint.hexadecimal),
        "reason": reason.value, "seconds": .number(artifact.record.seconds),
        "metrics": artifact.record.metrics,
      ]
    case .failed(let failure):
      [
        "outcome": "failed", "fingerprint": .string(failure.fingerprint.hexadecimal),
        "errors": .list(failure.error.diagnostics.map { .string($0.message) }),
        "log": failure.log.map { .string($0.string) } ?? .null,
      ]
    case .skipped(let blocker): ["outcome": "skipped", "blocked-by": .string(blocker)]
    case .stopped: ["outcome": "stopped"]
    case .notStarted: ["outcome": "not-started"]
    }
  }
}

extension OutcomeCounts: ValueConvertible {
  package var value: Value {
    [
      "reused": .integer(reused), "produced": .integer(produced), "failed": .integer(failed),
      "skipped": .integer(skipped), "stopped": .integer(stopped),
      "not-started": .integer(notStarted),
    ]
  }
}
