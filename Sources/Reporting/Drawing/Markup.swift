import Basics

/// Escapes the special characters of XML and HTML, and makes characters visible that XML does not allow. The result
/// is valid in content and in quoted attributes.
package func escapedMarkup(_ text: String) -> String {
  guard text.utf8.contains(where: needsCare) else { return text }
  var result = ""
  for scalar in printable(text).unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n": result += " "
    // Noncharacters; XML 1.0 excludes two of them.
    case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Whether a byte is anything other than plain, unescaped ASCII text.
private func needsCare(_ byte: UInt8) -> Bool {
  byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "<")
    || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
}

/// A coordinate with at most one decimal.
func coordinate(_ number: Double) -> String {
  guard number.isFinite else { return "0" }
  let tenths = Int((min(max(number, -1e6), 1e6) * 10).rounded())
  // A report has hundreds of thousands, and interpolation takes several times as long.
  return String(unsafeUninitializedCapacity: 12) { buffer in
    var digits = tenths.magnitude
    var start = 12
    func add(_ byte: UInt8) {
      start -= 1
      buffer[start] = byte
    }
    let rest = UInt8(digits % 10)
    if rest > 0 {
      add(UInt8(ascii: "0") + rest)
      add(UInt8(ascii: "."))
    }
    repeat {
      digits /= 10
      add(UInt8(ascii: "0") + UInt8(digits % 10))
    } while digits >= 10
    if tenths < 0 { add(UInt8(ascii: "-")) }
    for index in start..<12 { buffer[index - start] = buffer[index] }
    return 12 - start
  }
}
