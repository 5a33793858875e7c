import Basics

extension Plan: ValueConvertible {
  /// The plan for other programs.
  ///
  ///     {"format": 1, "pipeline": …, "assumed": […], "warnings": […], "cost": …,
  ///      "stages": [{"name", "kind", "fingerprint", "status", "reason", "needs", "cost", "layers"}]}
  ///
  /// `fingerprint` is the one that the stage has if images that are still to be packed are those of earlier runs;
  /// `assumed` names the datasets that are not there. `status` is `cached`, `run` or `waiting`; `reason`
  /// is absent for a cached stage; `continues` (`stage`, `iteration`) says what a training run resumes from;
  /// `superseded` (`iteration`, `fingerprint`) which unfinished work under other settings is not used;
  /// `same-as` names the stage that does the same work, where that is done once;
  /// `activations` (`after`, `operations`, `once`, `why-not`) whether those of frozen layers are computed once;
  /// `cost` is there for all but reports, and for the stages to run together;
  /// `layers` for stages that train, `weights` (`file`, `content`) for those that copy from a file,
  /// `examples` for those with a limit on training images of a class.
  package var value: Value {
    let repeats = repeats
    let stages = stages.enumerated().map { position, stage in
      var entries = stage.value.asMap ?? [:]
      entries["same-as"] = repeats[position].map(Value.string)
      return Value.map(entries)
    }
    var entries: [String: Value] = [
      "format": 1, "pipeline": .string(pipeline), "assumed": .list(assumed.map(Value.string)),
      "warnings": .list(warnings.map(\.value)), "stages": .list(stages),
    ]
    if let cost { entries["cost"] = cost.value }
    return .map(entries)
  }
}

extension PlannedStage: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "name": .string(name), "kind": .string(kind.rawValue),
      "fingerprint": .string(fingerprint.hexadecimal), "revision": .integer(revision),
      "needs": .list(inputs.map { .string($0.stage) }), "status": .string(status.keyword),
    ]
    if let reason = status.reason { entries["reason"] = reason.value }
    if case .waiting(let stages, _) = status {
      entries["waiting-on"] = .list(stages.map(Value.string))
    }
    if let continuation {
      entries["continues"] = [
        "stage": .string(continuation.stage), "iteration": .integer(continuation.iteration),
      ]
    }
    if let superseded {
      entries["superseded"] = [
        "iteration": .integer(superseded.iteration),
        "fingerprint": .string(superseded.fingerprint.hexadecimal),
      ]
    }
    if let prefixReuse { entries["activations"] = prefixReuse.value }
    if let cost { entries["cost"] = cost.value }
    entries.merge(work.details) { own, _ in own }
    return .map(entries)
  }
}

extension StageStatus {
  fileprivate var keyword: String {
    switch self {
    case .cached: "cached"
    case .run: "run"
    case .waiting: "waiting"
    }
  }
}

extension RunReason: ValueConvertible {
  /// `why`, `text` for people, and what belongs to it:
  ///
  /// | `why` | further keys |
  /// |---|---|
  /// | `never-run`, `forced`, `record-gone` (it has changed since its latest run, whose record is not there any more) | |
  /// | `images-may-differ`: its result is used unless images that are still to be packed differ from those that it was computed from | |
  /// | `failed` | `failure`: `run`, `time` (seconds since 1970), `cause` (an object with `why`: see `FailureCause`), `errors` |
  /// | `unfinished` | `iteration`, from which a training resumes, or null |
  /// | `settings-changed` | `changes`: `path`, `old`, `new` |
  /// | `inputs-changed` | `inputs`, and `causes`: `path`, `root`, `text` |
  /// | `data-changed` | `files`: `altered`, `added` and `removed` (`count`, and up to 20 names, `first`), or null |
  /// | `weights-changed` | `file` |
  /// | `revision-changed` | `old`, `new` |
  /// | `artifact-missing` | `missing`: what is wrong with the result that there was |
  /// | `started` | `seconds`: how long ago a run that was killed before it saved anything had started the stage |
  /// | `removed` | `seconds`: how long ago its result was removed, or null |
  package var value: Value {
    var entries: [String: Value] = ["why": .string(keyword), "text": .string(description)]
    switch self {
    case .settingsChanged(let changes):
      entries["changes"] = .list(changes.map(\.value))
    case .inputsChanged(let stages, let causes):
      entries["inputs"] = .list(stages.map(Value.string))
      entries["causes"] = .list(causes.map(\.value))
    case .dataChanged(let change):
      entries["files"] = change?.value ?? .null
    case .weightsChanged(let file):
      entries["file"] = .string(file)
    case .revisionChanged(let old, let new):
      entries["old"] = .integer(old)
      entries["new"] = .integer(new)
    case .artifactMissing(let what):
      entries["missing"] = .string(what)
    case .failed(let failure, _):
      entries["failure"] = failure.value
    case .unfinished(let iteration):
      entries["iteration"] = iteration.map(Value.integer) ?? .null
    case .started(let ago):
      entries["seconds"] = .number(ago)
    case .removed(let ago):
      entries["seconds"] = ago.map(Value.number) ?? .null
    case .neverRun, .recordGone, .forced, .imagesMayDiffer:
      break
    }
    return .map(entries)
  }
}

extension ValueChange: ValueConvertible {
  package var value: Value {
    ["path": .string(path), "old": old ?? .null, "new": new ?? .null]
  }
}
