/// A text and the name under which people know it.
package final class SourceText: Sendable {
  /// The path as the user gave it; what messages begin with.
  package let name: String
  package let text: String
  private let lines: [Substring.UnicodeScalarView]

  package init(name: String, text: String) {
    self.name = name
    self.text = text
    lines = SourceText.lines(of: text.unicodeScalars)
  }

  /// Lines end where a YAML parser counts one: at LF, CR, CR LF, NEL, LS and PS.
  private static func lines(of text: String.UnicodeScalarView) -> [Substring.UnicodeScalarView] {
    var lines: [Substring.UnicodeScalarView] = []
    var start = text.startIndex
    var index = start
    while index < text.endIndex {
      let scalar = text[index]
      let next = text.index(after: index)
      switch scalar {
      case "\r" where next < text.endIndex && text[next] == "\n":
        lines.append(text[start..<index])
        start = text.index(after: next)
        index = start
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        lines.append(text[start..<index])
        start = next
        index = next
      default:
        index = next
      }
    }
    lines.append(text[start...])
    return lines
  }

  /// The line with a 1-based number, without its line break; empty past the end.
  package func line(_ number: Int) -> String {
    guard lines.indices.contains(number - 1) else { return "" }
    return String(lines[number - 1])
  }
}

/// A place in a text. Lines and columns count from 1; columns count characters (Unicode scalars).
package struct SourcePosition: Hashable, Sendable, Comparable {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A stretch of a text, from `start` up to but not including `end`.
package struct SourceSpan: Sendable {
  package var source: SourceText
  package var start: SourcePosition
  package var end: SourcePosition

  package init(source: SourceText, start: SourcePosition, end: SourcePosition) {
    self.source = source
    self.start = start
    self.end = end
  }
}

extension SourceSpan: Hashable {
  package static func == (left: SourceSpan, right: SourceSpan) -> Bool {
    left.source === right.source && left.start == right.start && left.end == right.end
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(source))
    hasher.combine(start)
    hasher.combine(end)
  }
}
