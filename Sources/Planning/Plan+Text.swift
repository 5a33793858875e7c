import Basics

extension Plan {
  /// The plan as a table: stage, kind, what will happen, how long it will take where that is known of any
  /// stage, and why; and lines that sum it up.
  package var text: String {
    let hasTimes = (cost?.timedStages ?? 0) > 0
    let heading = ["STAGE", "KIND", "STATUS"] + (hasTimes ? ["TIME"] : []) + ["REASON"]
    let repeats = repeats
    var rows = [heading]
    rows.reserveCapacity(stages.count + 1)
    for (position, stage) in stages.enumerated() {
      let original = repeats[position]
      let runs = stage.status.isToRun && original == nil
      let unknown = runs && stage.cost?.takesTime == true ? "?" : ""
      let seconds = runs ? stage.cost?.seconds : nil
      let status = original.map { "same as \(printable($0))" } ?? stage.status.text
      let start = [printable(stage.name), stage.kind.rawValue, status]
      rows.append(
        hasTimes
          ? start + [seconds.map { duration(seconds: $0) } ?? unknown, stage.remark]
          : stage.status.isCached ? start : start + [stage.remark])
    }
    var text = alignedColumns(rows)
    text += "\n" + summary + "\n" + (cost?.text.map { $0 + "\n" } ?? "")
    if !assumed.isEmpty {
      text += "missing, assumed as declared: \(assumed.joined(separator: ", "))\n"
    }
    return text
  }

  /// `34 stages: 20 cached, 14 to run`; with `, 2 the same as others` for those whose work others do, and `, 5 waiting` for
  /// those of which it is open whether they run.
  package var summary: String {
    let cached = stages.count { $0.status.isCached }
    let open = openStages
    let same = repeats.count
    let noun = stages.count == 1 ? "stage" : "stages"
    return
      "\(stages.count) \(noun): \(cached) cached, \(stages.count - cached - open - same) to run"
      + (same > 0 ? ", \(same) the same as \(same == 1 ? "another" : "others")" : "")
      + (open > 0 ? ", \(open) waiting" : "")
  }

  /// The number of stages of which it is open whether they run.
  package var openStages: Int { stages.count { $0.status.isOpen } }
}

extension PlannedStage {
  /// Why the stage runs, and from where.
  fileprivate var remark: String {
    guard let reason = status.reason else { return "" }
    let former =
      superseded.map { "; unfinished work (iteration \(grouped($0.iteration))) is not used" } ?? ""
    let prefix = former + (prefixReuse.map { "; \($0)" } ?? "")
    if case .unfinished = reason { return "\(reason)\(prefix)" }
    guard let continuation else { return "\(reason)\(prefix)" }
    let place = "iteration \(grouped(continuation.iteration))"
    return continuation.isInterrupted
      ? "\(reason); resumes from \(place)\(prefix)"
      : "\(reason); continues \(printable(continuation.stage)) from \(place)\(prefix)"
  }
}

extension StageStatus {
  /// Why the stage runs; `nil` where it does not.
  package var reason: RunReason? {
    switch self {
    case .cached: nil
    case .run(let reason), .waiting(_, let reason): reason
    }
  }

  fileprivate var text: String {
    switch self {
    case .cached: "cached"
    case .run: "run"
    case .waiting(let stages, _) where stages.count > 2: "waiting on \(stages.count) stages"
    case .waiting(let stages, _): "waiting on \(stages.joined(separator: ", "))"
    }
  }
}
