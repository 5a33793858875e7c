import Basics

/// Wraps a text at spaces; further lines are indented.
func wrapped(_ text: String, width: Int = 100, indent: String = "") -> String {
  var lines: [String] = []
  var line = ""
  var length = 0
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    let count = word.count
    if length > 0, length + 1 + count > width {
      lines.append(line)
      line = indent + word
      length = indent.count + count
    } else if length == 0 {
      line = String(word)
      length = count
    } else {
      line += " \(word)"
      length += 1 + count
    }
  }
  return (lines + [line]).joined(separator: "\n") + "\n"
}

extension String {
  /// Padded with spaces to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

/// The text as one line without terminal control characters.
func line(_ text: String) -> String {
  let text = printable(text)
  // Hardly any has one, and replacing searches by characters.
  guard text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }) else {
    return text
  }
  return text.replacing("\n", with: "\\n").replacing("\t", with: " ")
}
