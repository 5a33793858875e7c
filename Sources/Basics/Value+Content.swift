// The content of a value as a specific type; `nil` for any other.

extension Value {
  package var asBool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// A whole number, including one written as `3.0`.
  package var asInteger: Int? {
    switch self {
    case .integer(let integer): integer
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  package var asString: String? {
    if case .string(let text) = self { text } else { nil }
  }

  package var asList: [Value]? {
    if case .list(let elements) = self { elements } else { nil }
  }

  package var asMap: [String: Value]? {
    if case .map(let entries) = self { entries } else { nil }
  }
}
