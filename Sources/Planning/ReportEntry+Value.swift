import Basics
import Definitions

extension ReportEntry: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "split": .string(split), "division": division.value, "target": .string(target),
      "source": source.map(Value.string) ?? .null, "depth": .integer(depth),
      "kind": .string(kind.rawValue), "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    if let network { entries["network"] = .string(network) }
    if preserved > 0 { entries["preserved"] = .integer(preserved) }
    if let phases { entries["phases"] = .string(phases) }
    if let examples { entries["examples"] = .integer(examples) }
    if let measuredOn { entries["measured-on"] = .string(measuredOn) }
    if let score { entries["score"] = .string(score) }
    // Labels are names, which do not affect results.
    let telling = variables.filter { $0.value.role != .label }
    if !telling.isEmpty { entries["variables"] = .map(telling.mapValues(\.value)) }
    return .map(entries)
  }
}

extension ClassDivision: ValueConvertible {
  /// `listed`, `whole`, or the seed of a random division.
  package var value: Value {
    switch self {
    case .random(let seed): ["random": .integer(Int(truncatingIfNeeded: seed))]
    case .listed: "listed"
    case .whole: "whole"
    }
  }
}
