import Basics

/// Comma-separated values (RFC 4180): fields may be quoted, quotes inside are doubled, lines end with LF, CR LF or
/// CR. Blank lines are skipped.
///
/// Every field has a location, which no Swift package offered; misplaced quotes are reported with theirs. Records are
/// read one at a time, so that a large file is never held in pieces, and a field is a range of bytes until its text is
/// asked for: a line with many fields differs from the one before in a few.
struct DelimitedText {
  /// Where a field is in the file.
  struct Field: Equatable {
    /// The bytes between the quotes of a quoted field, or all.
    fileprivate var bytes: Range<Int>
    fileprivate var isQuoted: Bool
    /// The number of the line that it begins in.
    var line: Int

    /// All bytes, with quotes.
    fileprivate var written: Range<Int> {
      isQuoted ? bytes.lowerBound - 1..<bytes.upperBound + 1 : bytes
    }
  }

  let source: SourceText
  private let bytes: [UInt8]
  private var index = 0
  /// The number of the line of `index`.
  private var line = 1

  init(_ source: SourceText) {
    self.source = source
    bytes = Array(source.text.utf8)
  }

  /// Reads the next record in place of another one; false at the end. The first is the heading.
  ///
  /// - Throws: `DiagnosticError` at a misplaced quote, since what follows would be meaningless.
  mutating func next(_ record: inout [Field]) throws(DiagnosticError) -> Bool {
    record.removeAll(keepingCapacity: true)
    while isAtLineEnd { skipLineEnd() }
    guard index < bytes.count else { return false }
    record.append(try field())
    while index < bytes.count, bytes[index] == Byte.comma {
      index += 1
      record.append(try field())
    }
    if isAtLineEnd { skipLineEnd() }
    return true
  }

  // MARK: - Bytes

  private enum Byte {
    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
  }

  private var isAtLineEnd: Bool {
    index < bytes.count && (bytes[index] == Byte.lineFeed || bytes[index] == Byte.carriageReturn)
  }

  private mutating func skipLineEnd() {
    if bytes[index] == Byte.carriageReturn { index += 1 }
    if index < bytes.count, bytes[index] == Byte.lineFeed { index += 1 }
    line += 1
  }

  /// Whether a line of the source text ends with the byte before an offset.
  private func endsLine(_ offset: Int) -> Bool {
    guard offset > 0 else { return false }
    switch bytes[offset - 1] {
    case Byte.lineFeed: return true
    case Byte.carriageReturn: return offset == bytes.count || bytes[offset] != Byte.lineFeed
    case 0x85: return offset > 1 && bytes[offset - 2] == 0xC2
    case 0xA8, 0xA9: return offset > 2 && bytes[offset - 2] == 0x80 && bytes[offset - 3] == 0xE2
    default: return false
    }
  }

  // MARK: - Fields

  private mutating func field() throws(DiagnosticError) -> Field {
    if index < bytes.count, bytes[index] == Byte.quote { return try quotedField() }
    let (first, firstLine) = (index, line)
    var position = index
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      // Nearly all bytes are letters and digits.
      if byte > Byte.comma, byte < 0x80 { continue }
      switch byte {
      case Byte.comma, Byte.lineFeed, Byte.carriageReturn:
        index = position - 1
        return Field(bytes: first..<index, isQuoted: false, line: firstLine)
      case Byte.quote:
        throw DiagnosticError(
          "a quote inside a field that does not begin with one: quote the whole field, and double the "
            + "quotes inside", at: span(position - 1..<position - 1, line: line))
      default: if byte >= 0x80, endsLine(position) { line += 1 }
      }
    }
    index = position
    return Field(bytes: first..<index, isQuoted: false, line: firstLine)
  }

  private mutating func quotedField() throws(DiagnosticError) -> Field {
    let firstLine = line
    index += 1
    let first = index
    while index < bytes.count {
      index += 1
      guard bytes[index - 1] == Byte.quote else {
        if endsLine(index) { line += 1 }
        continue
      }
      if index < bytes.count, bytes[index] == Byte.quote {
        index += 1
        continue
      }
      guard index == bytes.count || bytes[index] == Byte.comma || isAtLineEnd else {
        throw DiagnosticError(
          "after a closing quote there must be a comma or the end of the line",
          at: span(index..<index, line: line))
      }
      return Field(bytes: first..<index - 1, isQuoted: true, line: firstLine)
    }
    throw DiagnosticError(
      "the quote is never closed", at: span(first - 1..<first - 1, line: firstLine))
  }

  /// The content of a field.
  func text(_ field: Field) -> String {
    guard field.isQuoted else { return text(field.bytes) }
    var content = ""
    var first = field.bytes.lowerBound
    var position = first
    while position < field.bytes.upperBound {
      if bytes[position] == Byte.quote {
        content += text(first..<position + 1)
        first = position + 2
        position += 1
      }
      position += 1
    }
    return content + text(min(first, field.bytes.upperBound)..<field.bytes.upperBound)
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// The bytes of fields that follow each other in a record, and what separates them.
  func bytes(from first: Field, through last: Field) -> ArraySlice<UInt8> {
    bytes[first.written.lowerBound..<last.written.upperBound]
  }

  // MARK: - Places

  func span(_ field: Field) -> SourceSpan { span(field.written, line: field.line) }

  /// - Parameter line: the number of the line that the range begins in.
  private func span(_ range: Range<Int>, line: Int) -> SourceSpan {
    var start = range.lowerBound
    while start > 0, !endsLine(start) { start -= 1 }
    var place = SourcePosition(line: line, column: 1)
    advance(&place, over: start..<range.lowerBound)
    var end = place
    advance(&end, over: range)
    return SourceSpan(source: source, start: place, end: end)
  }

  /// Counts characters, and lines as source texts do.
  private func advance(_ place: inout SourcePosition, over range: Range<Int>) {
    for offset in range {
      if endsLine(offset + 1) {
        place = SourcePosition(line: place.line + 1, column: 1)
      } else if !(0x80...0xBF ~= bytes[offset]) {
        place.column += 1
      }
    }
  }
}
