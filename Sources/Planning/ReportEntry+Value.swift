import Basics
import Definitions

extension ReportEntry: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "split": .string(split), "target": .string(target),
      "source": source.map(Value.string) ?? .null, "depth": .integer(depth),
      "kind": .string(kind.rawValue), "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    if preserved > 0 { entries["preserved"] = .integer(preserved) }
    if let examples { entries["examples"] = .integer(examples) }
    return .map(entries)
  }
}
