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
  let whole = tenths.magnitude / 10, rest = tenths.magnitude % 10
  let sign = tenths < 0 ? "-" : ""
  return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
}
