extension Diagnostic: ValueConvertible {
  /// `{"severity", "message", "place", "notes": [{"message", "place"}]}`; a place is `{"file", "line", "column",
  /// "end-line", "end-column"}`, with lines and columns from 1 and an exclusive end. It is absent if there is no
  /// location.
  package var value: Value {
    Diagnostic.value(
      message, span,
      [
        "severity": .string(severity.rawValue),
        "notes": .list(allNotes.map { Diagnostic.value($0.message, $0.span, [:]) }),
      ])
  }

  private static func value(
    _ message: String, _ span: SourceSpan?, _ further: [String: Value]
  ) -> Value {
    var entries = further
    entries["message"] = .string(message)
    if let span {
      entries["place"] = [
        "file": .string(span.source.name), "line": .integer(span.start.line),
        "column": .integer(span.start.column), "end-line": .integer(span.end.line),
        "end-column": .integer(span.end.column),
      ]
    }
    return .map(entries)
  }
}
