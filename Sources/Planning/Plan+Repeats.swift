import Basics

extension Plan {
  /// By position, the stages that would run and whose work an earlier stage of the plan does: it is done once, and both have the
  /// result.
  package var repeats: [Int: String] {
    var first: [Fingerprint: String] = [:]
    var repeats: [Int: String] = [:]
    for position in stages.indices where stages[position].status.isToRun {
      let stage = stages[position]
      if let original = first[stage.fingerprint] {
        repeats[position] = original
      } else {
        first[stage.fingerprint] = stage.name
      }
    }
    return repeats
  }
}
