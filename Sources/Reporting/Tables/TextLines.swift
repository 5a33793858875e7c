import Basics

/// Wraps a text at spaces; further lines are indented.
func wrapped(_ text: String, width: Int = 100, indent: String = "") -> String {
  let isPlain = text.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\r") }
  return isPlain
    ? wrappedBytes(text.utf8, width: width, indent: indent)
    : wrappedCharacters(text, width: width, indent: indent)
}

/// The same where every byte is a character, as in the verdicts of tens of thousands of experiments.
private func wrappedBytes(_ text: String.UTF8View, width: Int, indent: String) -> String {
  let bytes = Array(text)
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count + bytes.count / 10 + 2)
  var length = 0
  var start = 0
  while start <= bytes.count {
    let end = bytes[start...].firstIndex(of: UInt8(ascii: " ")) ?? bytes.count
    let count = end - start
    if length > 0, length + 1 + count > width {
      result.append(UInt8(ascii: "\n"))
      result += indent.utf8
      length = indent.count + count
    } else if length == 0 {
      length = count
    } else {
      result.append(UInt8(ascii: " "))
      length += 1 + count
    }
    result += bytes[start..<end]
    start = end + 1
  }
  result.append(UInt8(ascii: "\n"))
  return String(decoding: result, as: UTF8.self)
}

private func wrappedCharacters(_ text: String, width: Int, indent: String) -> String {
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
