import Basics

extension Plan {
  /// The plan as a table: stage, kind, what will happen, why; and a line that sums it up.
  package var text: String {
    let heading = ["STAGE", "KIND", "STATUS", "REASON"]
    let rows =
      [heading]
      + stages.map { stage in
        [
          printable(stage.name), stage.kind.rawValue, stage.status.text,
          stage.remark,
        ]
      }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      line += row[3]
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    text += "\n" + summary + "\n"
    if !assumed.isEmpty {
      text += "assumed, not there: \(assumed.joined(separator: ", ")), as the file declares it\n"
    }
    return text
  }

  /// `34 stages: 20 cached, 14 to run`.
  package var summary: String {
    let cached = stages.count { $0.status == .cached }
    let noun = stages.count == 1 ? "stage" : "stages"
    return "\(stages.count) \(noun): \(cached) cached, \(stages.count - cached) to run"
  }
}

extension PlannedStage {
  /// Why the stage runs, and from where.
  fileprivate var remark: String {
    guard let reason = status.reason else { return "" }
    guard let continuation else { return reason.description }
    let place = "iteration \(grouped(continuation.iteration))"
    return continuation.stage == name
      ? "\(reason); goes on from \(place)"
      : "\(reason); continues \(printable(continuation.stage)) from \(place)"
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
