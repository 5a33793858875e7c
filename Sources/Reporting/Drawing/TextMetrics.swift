/// Estimates the width of text without access to its font.
package enum TextMetrics {
  /// The font family of figures and pages.
  package static let family =
    "system-ui, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

  /// The width of the widest common substitute (DejaVu Sans) relative to Helvetica.
  private static let allowance = 1.13

  /// Widths of the printable ASCII characters, starting with the space, in thousandths of the font size (Adobe's
  /// metrics of Helvetica).
  private static let ascii: [Double] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
  ]

  /// The width of a line of text; an upper estimate.
  package static func width(of text: String, size: Double, bold: Bool = false) -> Double {
    var sum = 0.0
    for scalar in text.unicodeScalars { sum += width(of: scalar) }
    return sum / 1000 * size * allowance * (bold ? 1.08 : 1)
  }

  private static func width(of scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x20..<0x7F: ascii[Int(scalar.value) - 0x20]
    // Combining marks and joiners add no width.
    case 0x300..<0x370, 0x200B..<0x2010, 0xFE00..<0xFE10: 0
    // Superscript digits and signs.
    case 0xB2, 0xB3, 0xB9, 0x2070..<0x20A0: 370
    case 0..<0x1100: 640
    // East Asian characters and emoji are square.
    case 0x1100..<0x1200, 0x2E80..<0xD7FF, 0xF900..<0xFB00, 0xFF00..<0xFF61, 0x1F000...: 1000
    default: 800
    }
  }

  /// The text in lines that fit, broken after spaces and full stops, or else within words at dashes and the like; what
  /// does not fit into the last of them is shortened.
  package static func wrapped(
    _ text: String, toWidth limit: Double, size: Double, lines most: Int
  ) -> [String] {
    var lines: [String] = []
    var rest = Substring(text)
    while lines.count < most - 1, width(of: String(rest), size: size) > limit {
      func lastBreak(after characters: String) -> Substring.Index? {
        rest.indices.dropFirst().last { end in
          characters.contains(rest[rest.index(before: end)])
            && width(of: String(trimmed(rest[..<end])), size: size) <= limit
        }
      }
      guard let end = lastBreak(after: " .→") ?? lastBreak(after: "-_/:,") else { break }
      lines.append(String(trimmed(rest[..<end])))
      rest = rest[end...]
    }
    return lines + [shortened(String(rest), toWidth: limit, size: size)]
  }

  /// Without spaces at the end.
  private static func trimmed(_ line: Substring) -> Substring {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  /// The text, or as much of its beginning and end as fits with an ellipsis in between.
  package static func shortened(
    _ text: String, toWidth limit: Double, size: Double, bold: Bool = false
  ) -> String {
    guard width(of: text, size: size, bold: bold) > limit else { return text }
    let characters = Array(text)
    var kept = characters.count - 1
    while kept > 1 {
      let head = (kept * 3 + 3) / 4
      let candidate = String(characters.prefix(head)) + "…" + String(characters.suffix(kept - head))
      if width(of: candidate, size: size, bold: bold) <= limit { return candidate }
      kept -= max(1, kept / 16)
    }
    return "…"
  }
}
