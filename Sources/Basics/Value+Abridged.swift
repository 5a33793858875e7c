extension Value {
  /// The value as people are shown it: of lists of more than twelve elements the first six and how many follow, and long
  /// texts cut.
  package var abridged: Value {
    switch self {
    case .list(let elements) where elements.count > 12:
      return .list(
        elements.prefix(6).map(\.abridged) + [.string("… \(grouped(elements.count - 6)) more")])
    case .list(let elements): return .list(elements.map(\.abridged))
    case .map(let entries): return .map(entries.mapValues(\.abridged))
    case .string(let text) where text.unicodeScalars.count > 200:
      return .string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(199))) + "…")
    case .null, .bool, .integer, .number, .string: return self
    }
  }
}
