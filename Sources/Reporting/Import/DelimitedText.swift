import Basics

/// Comma-separated values (RFC 4180): fields may be quoted, quotes inside are doubled, lines end with LF, CR LF or
/// CR. Blank lines are skipped.
///
/// Every field has a location, which no Swift package offered; misplaced quotes are reported with theirs. Records are
/// read one at a time, so that a large file is never held in pieces.
struct DelimitedText {
  struct Field {
    var text: String
    var start: SourcePosition
    var end: SourcePosition
  }

  let source: SourceText
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private var column = 1

  init(_ source: SourceText) {
    self.source = source
    bytes = Array(source.text.utf8)
  }

  func span(_ field: Field) -> SourceSpan {
    SourceSpan(source: source, start: field.start, end: field.end)
  }

  /// The next record; `nil` at the end. The first is the heading.
  ///
  /// - Throws: `DiagnosticError` at a misplaced quote, since what follows would be meaningless.
  mutating func next() throws(DiagnosticError) -> [Field]? {
    while isAtLineEnd { skipLineEnd() }
    guard index < bytes.count else { return nil }
    var fields = [try field()]
    while index < bytes.count, bytes[index] == comma {
      advance()
      fields.append(try field())
    }
    if isAtLineEnd { skipLineEnd() }
    return fields
  }

  // MARK: - Bytes

  private var comma: UInt8 { UInt8(ascii: ",") }
  private var quote: UInt8 { UInt8(ascii: "\"") }
  private var lineFeed: UInt8 { UInt8(ascii: "\n") }
  private var carriageReturn: UInt8 { UInt8(ascii: "\r") }

  private var place: SourcePosition { SourcePosition(line: line, column: column) }

  private var isAtLineEnd: Bool {
    index < bytes.count && (bytes[index] == lineFeed || bytes[index] == carriageReturn)
  }

  private mutating func skipLineEnd() {
    if bytes[index] == carriageReturn { advance() }
    if index < bytes.count, bytes[index] == lineFeed { advance() }
  }

  /// Advances by one byte, counting characters, and lines as source texts do.
  private mutating func advance() {
    let byte = bytes[index]
    index += 1
    switch byte {
    case lineFeed: startLine()
    case carriageReturn:
      if index < bytes.count, bytes[index] == lineFeed { column += 1 } else { startLine() }
    case 0x85 where isPreceded(by: [0xC2]), 0xA8 where isPreceded(by: [0xE2, 0x80]),
      0xA9 where isPreceded(by: [0xE2, 0x80]):
      startLine()
    case 0x80...0xBF: break
    default: column += 1
    }
  }

  /// Whether these bytes precede the last consumed byte.
  private func isPreceded(by expected: [UInt8]) -> Bool {
    index > expected.count
      && bytes[(index - 1 - expected.count)..<(index - 1)].elementsEqual(expected)
  }

  private mutating func startLine() {
    line += 1
    column = 1
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  // MARK: - Fields

  private mutating func field() throws(DiagnosticError) -> Field {
    let start = place
    if index < bytes.count, bytes[index] == quote { return try quotedField(from: start) }
    let first = index
    while index < bytes.count, bytes[index] != comma, !isAtLineEnd {
      guard bytes[index] != quote else {
        throw DiagnosticError(
          "a quote inside a field that does not begin with one: quote the whole field, and double the "
            + "quotes inside", at: SourceSpan(source: source, start: place, end: place))
      }
      advance()
    }
    return Field(text: text(first..<index), start: start, end: place)
  }

  private mutating func quotedField(from start: SourcePosition) throws(DiagnosticError) -> Field {
    advance()
    var content = ""
    var first = index
    while index < bytes.count {
      guard bytes[index] == quote else {
        advance()
        continue
      }
      content += text(first..<index)
      advance()
      guard index < bytes.count, bytes[index] == quote else {
        guard index == bytes.count || bytes[index] == comma || isAtLineEnd else {
          throw DiagnosticError(
            "after a closing quote there must be a comma or the end of the line",
            at: SourceSpan(source: source, start: place, end: place))
        }
        return Field(text: content, start: start, end: place)
      }
      first = index
      advance()
    }
    throw DiagnosticError(
      "the quote is never closed", at: SourceSpan(source: source, start: start, end: start))
  }
}
