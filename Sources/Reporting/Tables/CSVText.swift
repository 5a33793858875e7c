import Planning

/// Comma-separated values under construction (RFC 4180, but with lines that end with LF only).
///
/// A spreadsheet would evaluate text that begins like a formula. Such text gets a leading apostrophe, as spreadsheets
/// write it themselves. Numbers are unchanged.
struct CSVText {
  /// What has been added, except for what was taken.
  private(set) var bytes: [UInt8] = []

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Hands over what has been added if it is large enough to be written to a file.
  mutating func takePiece() -> [UInt8]? {
    guard bytes.count >= 1 << 20 else { return nil }
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  mutating func add(_ row: [String]) {
    for (index, field) in row.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      append(CSVText.safe(field))
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func append(_ field: String) {
    var text = field
    let isPlain = text.withUTF8 { text in
      guard text.allSatisfy(CSVText.isPlain) else { return false }
      bytes.append(contentsOf: text)
      return true
    }
    if isPlain { return }
    bytes.append(CSVText.quote)
    for byte in field.utf8 {
      if byte == CSVText.quote { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(CSVText.quote)
  }

  private static let quote = UInt8(ascii: "\"")

  /// Whether a byte needs no quotes around its field.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), quote, UInt8(ascii: "\n"), UInt8(ascii: "\r"): false
    default: true
    }
  }

  /// The text for a cell.
  static func safe(_ text: String) -> String {
    guard beginsFormula(text) else { return text }
    if case .number = VariableValue(text) { return text }
    return "'" + text
  }

  /// The text from which a cell was written: reverses `safe`.
  static func original(_ cell: String) -> String {
    cell.utf8.first == apostrophe && beginsFormula(cell) ? String(cell.dropFirst()) : cell
  }

  private static let apostrophe = UInt8(ascii: "'")

  /// Whether the first character after any apostrophes is one that formulas begin with.
  private static func beginsFormula(_ text: String) -> Bool {
    guard let first = text.utf8.first(where: { $0 != apostrophe }) else { return false }
    return switch first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"),
      UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      true
    default: false
    }
  }
}

package func csvText(_ rows: [[String]]) -> String {
  var text = CSVText()
  for row in rows { text.add(row) }
  return text.text
}
