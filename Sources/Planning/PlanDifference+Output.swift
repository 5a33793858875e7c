import Basics

extension PlanDifference {
  /// One line per stage that differs, with its changes, and a summary.
  package var text: String {
    var lines: [String] = []
    lines += added.map { "+ \(printable($0.name))  (\($0.kind.rawValue))" }
    lines += removed.map { "- \(printable($0.name))  (\($0.kind.rawValue))" }
    lines += renamed.map { "= \(printable($0.old)) → \(printable($0.new))" }
    for change in changed where !change.follows {
      let name = printable(change.name)
      lines.append("~ \(name)  (\(change.kind.rawValue))")
      switch change.own {
      case .settingsChanged(let changes)?: lines += ValueChange.lines(changes).map { "    \($0)" }
      case let own?: lines.append("    \(own)")
      case nil: break
      }
      lines += change.upstream.map { $0.path.isEmpty ? "    \($0)" : "    \(name) ← \($0)" }
    }
    let following = changed.count { $0.follows }
    if following > 0 {
      lines.append(
        "  \(counted(following, "stage")) \(following == 1 ? "follows" : "follow") from these")
    }
    if !lines.isEmpty { lines.append("") }
    return (lines + [summary]).joined(separator: "\n") + "\n"
  }

  /// `1 added, 0 removed, 3 changed, 12 following, 1 renamed, 25 unchanged`
  package var summary: String {
    let following = changed.count { $0.follows }
    return "\(added.count) added, \(removed.count) removed, \(changed.count - following) changed, "
      + "\(following) following, \(renamed.count) renamed, \(unchanged.count) unchanged"
  }
}

extension PlanDifference: ValueConvertible {
  /// The difference for other programs:
  ///
  ///     {"format": 1, "added": [{"name", "kind"}], "removed": […], "renamed": [{"old", "new"}],
  ///      "changed": [{"name", "kind", "follows", "changes", "causes"}], "unchanged": [name]}
  ///
  /// `follows` is true for a stage that differs only since what it reads does.
  package var value: Value {
    func brief(_ stages: [PlannedStage]) -> Value {
      .list(
        stages.map { stage in
          ["name": .string(stage.name), "kind": .string(stage.kind.rawValue)]
        })
    }
    return [
      "format": 1, "added": brief(added), "removed": brief(removed),
      "renamed": .list(renamed.map { ["old": .string($0.old), "new": .string($0.new)] }),
      "changed": .list(changed.map(\.value)),
      "unchanged": .list(unchanged.map(Value.string)),
    ]
  }
}

extension PlanDifference.Change: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "name": .string(name), "kind": .string(kind.rawValue),
      "follows": .bool(follows), "causes": .list(upstream.map(\.value)),
    ]
    if case .settingsChanged(let changes)? = own {
      entries["changes"] = .list(changes.map(\.value))
    }
    return .map(entries)
  }
}
