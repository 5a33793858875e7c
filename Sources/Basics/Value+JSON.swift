extension Value {
  /// The value as JSON with sorted keys.
  ///
  /// - Parameter indented: one entry per line, indented by two spaces per level; otherwise a single line.
  package func json(indented: Bool = false) -> String {
    String(decoding: jsonBytes(indented: indented), as: UTF8.self)
  }

  /// The same in UTF-8, for large documents.
  package func jsonBytes(indented: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isIndented: indented)
    writer.write(self)
    return writer.bytes
  }
}

/// Writes JSON as bytes: documents of a million runs took three times as long as text.
///
/// A long document is written entry by entry, so that it is never in memory as a value. Its keys must come in order.
package struct JSONWriter {
  /// What has been written, except for what was taken.
  package private(set) var bytes: [UInt8] = []
  private let isIndented: Bool
  /// For each collection that has not ended, whether it has elements.
  private var hasElements: [Bool] = []

  package init(isIndented: Bool) { self.isIndented = isIndented }

  /// Hands over what has been written if it is large enough to be written to a file.
  package mutating func takePiece(of size: Int = 1 << 20) -> [UInt8]? {
    guard bytes.count >= size else { return nil }
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  package mutating func beginMap() {
    write("{" as StaticString)
    hasElements.append(false)
  }

  package mutating func endMap() { end("}") }

  package mutating func beginList() {
    write("[" as StaticString)
    hasElements.append(false)
  }

  package mutating func endList() { end("]") }

  private mutating func end(_ close: StaticString) {
    if hasElements.popLast() == true { breakLine(indentation) }
    write(close)
  }

  /// Starts an element of a list.
  package mutating func nextElement() {
    if let last = hasElements.indices.last {
      if hasElements[last] { write("," as StaticString) }
      hasElements[last] = true
    }
    breakLine(indentation)
  }

  /// Starts an entry of a map.
  package mutating func key(_ key: String) {
    nextElement()
    writeQuoted(key)
    write((isIndented ? ": " : ":") as StaticString)
  }

  /// An entry of a map.
  package mutating func entry(_ key: String, _ value: Value) {
    self.key(key)
    write(value)
  }

  /// A value where a document, an element or an entry has started.
  package mutating func write(_ value: Value) { write(value, indentation: indentation) }

  private var indentation: Int? { isIndented ? 2 * hasElements.count : nil }

  mutating func write(_ value: Value, indentation: Int?) {
    switch value {
    case .null: write("null" as StaticString)
    case .bool(let flag): write((flag ? "true" : "false") as StaticString)
    case .integer(let integer): write(String(integer))
    case .number(let number): write(JSONWriter.text(of: number))
    case .string(let string): writeQuoted(string)
    case .list(let elements):
      write(elements, between: "[", "]", indentation) { $0.write($1, indentation: $2) }
    case .map(let entries):
      write(Value.sorted(entries), between: "{", "}", indentation) { writer, entry, inner in
        writer.writeQuoted(entry.key)
        writer.write((inner == nil ? ":" : ": ") as StaticString)
        writer.write(entry.value, indentation: inner)
      }
    }
  }

  /// JSON has no infinities and no NaN: they are written as strings, so that a report of a diverged run shows them
  /// instead of failing.
  private static func text(of number: Double) -> String {
    if number.isNaN { return "\"nan\"" }
    if number.isInfinite { return number < 0 ? "\"-inf\"" : "\"inf\"" }
    if let integer = Int(exactly: number), integer.magnitude < 1 << 53 { return "\(integer)" }
    return "\(number)"
  }

  private mutating func write<Element>(
    _ elements: [Element], between open: StaticString, _ close: StaticString, _ indentation: Int?,
    element writeElement: (inout JSONWriter, Element, Int?) -> Void
  ) {
    write(open)
    let inner = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { write("," as StaticString) }
      breakLine(inner)
      writeElement(&self, element, inner)
    }
    if !elements.isEmpty { breakLine(indentation) }
    write(close)
  }

  private mutating func breakLine(_ depth: Int?) {
    guard let depth else { return }
    write("\n" as StaticString)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth))
  }

  private mutating func write(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func write(_ text: String) {
    var text = text
    // Short texts are no sequence of bytes in memory until they are asked for one.
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func writeQuoted(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = string
    let isPlain = text.withUTF8 { text in
      guard text.allSatisfy(JSONWriter.isPlain) else { return false }
      bytes.append(contentsOf: text)
      return true
    }
    if !isPlain {
      for scalar in string.unicodeScalars { write(escaped: scalar) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether a byte is a character that is written as it is.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func write(escaped scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": write("\\\"" as StaticString)
    case "\\": write("\\\\" as StaticString)
    case "\n": write("\\n" as StaticString)
    case "\r": write("\\r" as StaticString)
    case "\t": write("\\t" as StaticString)
    // Control and bidirectional characters too, since JSON is also printed on terminals.
    case _ where scalar.value < 0x20 || 0x7f..<0xa0 ~= scalar.value || isInvisible(scalar):
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      }
    default: write(String(scalar))
    }
  }

  /// Invisible characters that affect the display of others. Only called for the few texts that are not ASCII.
  private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    !scalar.isASCII && scalar.properties.generalCategory == .format
  }
}

/// Why a text is not JSON.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// What was expected, or is invalid.
  package var message: String
  /// The offset in bytes.
  package var offset: Int

  package var description: String { "\(message) at byte \(offset)" }
}

extension Value {
  /// Reads one JSON document (RFC 8259), followed only by white space.
  ///
  /// Numbers without fraction or exponent that fit an `Int` become `.integer`, others `.number`.
  ///
  /// - Throws: `JSONError` at the first invalid byte.
  package init(json text: String) throws(JSONError) {
    try self.init(json: Array(text.utf8))
  }

  /// Reads one JSON document from UTF-8 bytes.
  ///
  /// - Parameter mostValues: a document with more values is rejected, since a value takes far more memory than its
  ///   text.
  /// - Throws: `JSONError` at the first invalid byte.
  package init(json bytes: [UInt8], mostValues: Int = .max) throws(JSONError) {
    var reader = JSONReader(bytes: bytes, mostValues: mostValues)
    self = try reader.document()
  }
}

/// A recursive-descent parser for JSON.
private struct JSONReader {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  /// Deeper documents are rejected, so that a hostile file cannot exhaust the stack.
  static let maximumDepth = 200

  /// The number of values that may still follow.
  var valuesLeft: Int

  init(bytes: [UInt8], mostValues: Int) {
    self.bytes = bytes
    valuesLeft = mostValues
  }

  func failure(_ message: String) -> JSONError { JSONError(message: message, offset: position) }

  mutating func document() throws(JSONError) -> Value {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("unexpected text after the document") }
    return value
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
    skipSpace()
    guard take(character) else { throw failure("expected '\(character)'") }
  }

  mutating func value() throws(JSONError) -> Value {
    skipSpace()
    guard position < bytes.count else { throw failure("unexpected end") }
    guard valuesLeft > 0 else { throw failure("too many values") }
    valuesLeft -= 1
    switch bytes[position] {
    case UInt8(ascii: "{"): return try map()
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  mutating func word(_ text: String, _ value: Value) throws(JSONError) -> Value {
    guard bytes[position...].starts(with: text.utf8) else { throw failure("unexpected text") }
    position += text.utf8.count
    return value
  }

  mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= JSONReader.maximumDepth else { throw failure("nested too deeply") }
    position += 1
    skipSpace()
  }

  mutating func list() throws(JSONError) -> Value {
    try enter()
    defer { depth -= 1 }
    var elements: [Value] = []
    if take("]") { return .list(elements) }
    repeat {
      elements.append(try value())
      skipSpace()
    } while take(",")
    try expect("]")
    return .list(elements)
  }

  mutating func map() throws(JSONError) -> Value {
    try enter()
    defer { depth -= 1 }
    var entries: [String: Value] = [:]
    if take("}") { return .map(entries) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw failure("expected a key")
      }
      let key = try string()
      guard entries[key] == nil else { throw failure("key '\(key)' occurs twice") }
      try expect(":")
      entries[key] = try value()
      skipSpace()
    } while take(",")
    try expect("}")
    return .map(entries)
  }

  mutating func number() throws(JSONError) -> Value {
    let start = position
    var isWhole = true
    _ = take("-")
    // RFC 8259: no leading zeros, and digits on both sides of a point.
    if !take("0"), !takeDigits() {
      position = start
      throw failure("expected a value")
    }
    if take(".") {
      isWhole = false
      guard takeDigits() else { throw failure("expected a digit") }
    }
    if take("e") || take("E") {
      isWhole = false
      _ = take("+") || take("-")
      guard takeDigits() else { throw failure("expected a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      position = start
      throw failure("number is too large")
    }
    return .number(number)
  }

  mutating func takeDigits() -> Bool {
    let start = position
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] {
      position += 1
    }
    return position > start
  }

  mutating func string() throws(JSONError) -> String {
    position += 1
    // Most strings contain no special characters, and are used as they are.
    let start = position
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
      bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
    }
    var content = bytes[start..<position]
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("string is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        try escape(into: &content)
      case 0..<0x20:
        throw failure("control character in a string")
      default:
        content.append(byte)
      }
    }
    throw failure("string does not end")
  }

  mutating func escape(into content: inout ArraySlice<UInt8>) throws(JSONError) {
    guard position < bytes.count else { throw failure("string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "u"):
      var code = try unit()
      if 0xd800..<0xdc00 ~= code {
        guard take("\\"), take("u") else { throw failure("lone surrogate") }
        let low = try unit()
        guard 0xdc00..<0xe000 ~= low else { throw failure("lone surrogate") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("lone surrogate") }
      content.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw failure("unknown escape")
    }
  }

  mutating func unit() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("string does not end") }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }
}
