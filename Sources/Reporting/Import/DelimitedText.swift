import Basics

/// Comma-separated values (RFC 4180): fields may be quoted, a quote inside is doubled, lines end with LF,
/// CR LF or CR. Blank lines are passed over.
///
/// Every field knows its place, which no package for Swift offered; what is quoted wrongly is told there.
struct DelimitedText {
  struct Field {
    var text: String
    var span: SourceSpan
  }

  /// The first is the heading.
  private(set) var records: [[Field]] = []

  /// - Throws: `DiagnosticError` at the first quote that does not fit; what follows it would make no sense.
  init(_ source: SourceText) throws(DiagnosticError) {
    var reader = Reader(source)
    while let record = try reader.record() { records.append(record) }
  }

  private struct Reader {
    let source: SourceText
    let scalars: String.UnicodeScalarView
    var index: String.UnicodeScalarView.Index
    var place = SourcePosition(line: 1, column: 1)

    init(_ source: SourceText) {
      self.source = source
      scalars = source.text.unicodeScalars
      index = scalars.startIndex
    }

    var next: Unicode.Scalar? { index < scalars.endIndex ? scalars[index] : nil }

    /// Goes on by one character, counting lines as source texts do.
    mutating func advance() {
      let scalar = scalars[index]
      index = scalars.index(after: index)
      switch scalar {
      case "\n", "\u{85}", "\u{2028}", "\u{2029}":
        place = SourcePosition(line: place.line + 1, column: 1)
      case "\r" where next != "\n":
        place = SourcePosition(line: place.line + 1, column: 1)
      default:
        place.column += 1
      }
    }

    var isAtLineEnd: Bool { next == "\n" || next == "\r" }

    mutating func skipLineEnd() {
      if next == "\r" { advance() }
      if next == "\n" { advance() }
    }

    /// The next record; `nil` at the end.
    mutating func record() throws(DiagnosticError) -> [Field]? {
      while isAtLineEnd { skipLineEnd() }
      guard next != nil else { return nil }
      var fields = [try field()]
      while next == "," {
        advance()
        fields.append(try field())
      }
      if isAtLineEnd { skipLineEnd() }
      return fields
    }

    mutating func field() throws(DiagnosticError) -> Field {
      let start = place
      if next == "\"" { return try quotedField(from: start) }
      let first = index
      while let scalar = next, scalar != ",", !isAtLineEnd {
        guard scalar != "\"" else {
          throw DiagnosticError(
            "a quote inside a field that does not begin with one: quote the whole field, and double the "
              + "quotes inside", at: SourceSpan(source: source, start: place, end: place))
        }
        advance()
      }
      return Field(
        text: String(scalars[first..<index]),
        span: SourceSpan(source: source, start: start, end: place))
    }

    mutating func quotedField(from start: SourcePosition) throws(DiagnosticError) -> Field {
      advance()
      var text = String.UnicodeScalarView()
      while let scalar = next {
        advance()
        guard scalar == "\"" else {
          text.append(scalar)
          continue
        }
        guard next == "\"" else {
          guard next == nil || next == "," || isAtLineEnd else {
            throw DiagnosticError(
              "after a closing quote there must be a comma or the end of the line",
              at: SourceSpan(source: source, start: place, end: place))
          }
          return Field(
            text: String(text), span: SourceSpan(source: source, start: start, end: place))
        }
        advance()
        text.append("\"")
      }
      throw DiagnosticError(
        "the quote is never closed", at: SourceSpan(source: source, start: start, end: start))
    }
  }
}
