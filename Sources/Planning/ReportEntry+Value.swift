import Basics

extension ReportEntry: ValueConvertible {
  package var value: Value {
    [
      "split": .string(split), "target": .string(target),
      "source": source.map(Value.string) ?? .null, "depth": .integer(depth),
      "kind": .string(kind.rawValue), "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
  }
}
