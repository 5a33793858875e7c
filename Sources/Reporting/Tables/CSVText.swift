import Planning

/// Comma-separated values under construction (RFC 4180, but with lines that end with LF only).
///
/// A spreadsheet would evaluate text that begins like a formula. Such text gets a leading apostrophe, as spreadsheets
/// write it themselves. Numbers are unchanged.
struct CSVText {
  private(set) var text = ""

  mutating func add(_ row: [String]) {
    for (index, field) in row.enumerated() {
      if index > 0 { text += "," }
      append(CSVText.safe(field))
    }
    text += "\n"
  }

  private mutating func append(_ field: String) {
    guard field.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) else {
      text += field
      return
    }
    text += "\"\(field.replacing("\"", with: "\"\""))\""
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
    return "=+-@\t\r".utf8.contains(first)
  }
}

func csvText(_ rows: [[String]]) -> String {
  var text = CSVText()
  for row in rows { text.add(row) }
  return text.text
}
