import ArtifactStore
import Basics

/// Why a stage of a plan runs, or what it is spared by: everything that is known of it.
package struct Explanation: Sendable {
  package var pipeline: String
  package var stage: PlannedStage
  /// For a cached stage the record that is used; for another the one of the latest run of its name.
  package var record: StageRecord?
  /// What has changed in the stage itself since then.
  package var own: RootCause?
  /// What has changed upstream since then, by where it begins.
  package var upstream: [Cause]
}

extension Plan {
  /// Explains a stage.
  ///
  /// - Throws: `DiagnosticError` for an unknown name, and where earlier runs cannot be read.
  package func explanation(
    of name: String, history: any StageHistory
  ) throws -> Explanation {
    let stage = try stage(named: name)
    guard stage.status.isToRun else {
      return Explanation(
        pipeline: pipeline, stage: stage, record: try history.record(for: stage.fingerprint),
        own: nil, upstream: [])
    }
    // A result of other settings has nothing to do with a removal.
    if case .removed? = stage.status.reason {
      return Explanation(pipeline: pipeline, stage: stage, record: nil, own: nil, upstream: [])
    }
    let latest = try history.latestRecord(of: name, in: pipeline)
    // Without a result, unfinished work shows what has changed.
    let former = latest ?? stage.superseded?.record(in: pipeline)
    guard let former, former.kind == stage.kind.rawValue else {
      return Explanation(pipeline: pipeline, stage: stage, record: nil, own: nil, upstream: [])
    }
    var tracer = CauseTracer(stages.map(\.draft), of: pipeline, history: history)
    return Explanation(
      pipeline: pipeline, stage: stage, record: latest,
      own: try RootCause(from: former, to: stage.draft, history),
      upstream: try tracer.causes(through: stage.inputs, since: former))
  }
}

// MARK: - Text

extension Explanation {
  /// A heading, what has changed with a line for each setting, and which record is compared with.
  package var text: String {
    let name = printable(stage.name)
    var lines = ["\(name) (\(stage.kind.rawValue)): \(heading)"]
    if case .failed(let failure, _)? = stage.status.reason {
      lines += failure.messages.map { "  \(printable($0))" }
      lines.append("failed       \(date(seconds: failure.time)), in run \(printable(failure.run))")
    }
    switch own {
    case .settingsChanged(let changes)?: lines += ValueChange.lines(changes).map { "  \($0)" }
    case .dataChanged(let change)?: lines += (change?.lines ?? []).map { "  \($0)" }
    case let own?: lines.append("  \(own)")
    case nil: break
    }
    lines += upstream.map { cause in
      cause.path.isEmpty ? "  \(cause)" : "  \(name) ← \(cause)"
    }
    if case .waiting(let stages, _) = stage.status {
      lines.append("waits for    \(stages.map(printable).joined(separator: ", "))")
    }
    if let former = stage.superseded {
      lines.append(
        "unfinished   \(counted(former.iteration, "iteration")) under other settings, not used")
      lines.append("             with fingerprint \(former.fingerprint)")
    }
    lines.append("fingerprint  \(stage.fingerprint)")
    if let record {
      let took = "\(date(seconds: record.started)), took \(duration(seconds: record.seconds))"
      if !stage.status.isToRun {
        lines.append("computed     \(took)")
        lines.append(
          "             by stage '\(printable(record.stage))' of pipeline "
            + "'\(printable(record.pipeline))'")
      } else {
        lines.append("last result  \(took)")
        if record.fingerprint != stage.fingerprint {
          lines.append("             with fingerprint \(record.fingerprint)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: String {
    switch stage.status.reason {
    case nil: "cached"
    case .neverRun: "runs, since no stage of this name has run"
    case .failed(let failure, let ago):
      "runs again, since it failed \(age(seconds: ago)) ago: \(failure)"
    case .unfinished(let iteration):
      "runs, since it is unfinished"
        + (iteration.map { "; it resumes from iteration \(grouped($0))" } ?? "")
    case .started(let ago):
      "runs, since the run that started it \(age(seconds: ago)) ago was killed; nothing was saved"
    case .recordGone: "runs, since it has changed; the record of its latest run is gone"
    case .settingsChanged: "runs, since its settings have changed"
    case .inputsChanged: "runs, since its inputs have changed"
    case .dataChanged: "runs, since its data has changed"
    case .weightsChanged: "runs, since a file of weights has changed"
    case .revisionChanged: "runs, since the code that computes it has changed"
    case .artifactMissing(let what): "runs, since its result cannot be used: \(printable(what))"
    case .removed(let ago):
      "runs, since its result was removed" + (ago.map { " \(age(seconds: $0)) ago" } ?? "")
    case .forced: "runs, as requested"
    case .imagesMayDiffer: "runs only if the images differ from those that it was computed from"
    }
  }
}

// MARK: - JSON

extension Explanation: ValueConvertible {
  /// The explanation for other programs: the stage as `plan --json` has it, with `format`, `pipeline`,
  /// `superseded` (unfinished work under other settings: `iteration`, `fingerprint`), `changes` (its own settings), `causes` (`path` upstream, `root`) and `record`.
  package var value: Value {
    var entries = stage.value.asMap ?? [:]
    entries["format"] = 1
    entries["pipeline"] = .string(pipeline)
    if case .settingsChanged(let changes)? = own {
      entries["changes"] = .list(changes.map(\.value))
    }
    entries["causes"] = .list(upstream.map(\.value))
    if let record {
      entries["record"] = [
        "fingerprint": .string(record.fingerprint.hexadecimal), "stage": .string(record.stage),
        "pipeline": .string(record.pipeline), "started": .number(record.started),
        "seconds": .number(record.seconds),
      ]
    }
    return .map(entries)
  }
}
