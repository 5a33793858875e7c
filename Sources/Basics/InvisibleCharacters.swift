extension Unicode.Scalar {
  /// Whether it is shown as nothing or as a blank, though it is no space: what nobody finds by looking.
  package var isInvisible: Bool {
    guard value > 0x7f else { return false }
    switch properties.generalCategory {
    case .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: return true
    default: return Unicode.Scalar.blanks.contains(value) || 0xfe00...0xfe0f ~= value
    }
  }

  /// Fillers and blanks that count as letters or symbols.
  private static let blanks: Set<UInt32> = [0x34f, 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0]

  /// `U+00A0 (NO-BREAK SPACE)`
  package var named: String {
    let digits = String(value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return (properties.name ?? properties.nameAlias).map { "\(code) (\($0))" } ?? code
  }
}

/// The invisible characters of a text, each once, in order; the first three of many.
func invisibleCharacters(in text: String) -> [Unicode.Scalar] {
  var found: [Unicode.Scalar] = []
  for scalar in text.unicodeScalars where scalar.isInvisible && !found.contains(scalar) {
    found.append(scalar)
    if found.count == 3 { break }
  }
  return found
}
