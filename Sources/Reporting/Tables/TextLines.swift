import Basics

/// Wraps a text at spaces; further lines are indented.
func wrapped(_ text: String, width: Int = 100, indent: String = "") -> String {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent + word
    } else {
      line += line.isEmpty ? String(word) : " \(word)"
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
  printable(text).replacing("\n", with: "\\n").replacing("\t", with: " ")
}
