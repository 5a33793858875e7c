/// A text and its name in messages.
package final class SourceText: Sendable {
  /// The path as given by the user, with which messages begin.
  package let name: String
  package let text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// Its lines, without line breaks. Divides the text, which may be large, each time.
  package var lines: [Substring.UnicodeScalarView] {
    var lines: [Substring.UnicodeScalarView] = []
    forEachLine {
      lines.append($0)
      return true
    }
    return lines
  }

  /// The line with a 1-based number, without its line break; empty past the end.
  package func line(_ number: Int) -> String {
    var (passed, found) = (0, "")
    forEachLine { line in
      passed += 1
      if passed == number { found = String(line) }
      return passed < number
    }
    return found
  }

  /// Splits the text at the line breaks of YAML 1.1, as libyaml does: LF, CR, CR LF, NEL, LS and PS.
  ///
  /// - Parameter body: receives each line, and returns whether to continue.
  private func forEachLine(_ body: (Substring.UnicodeScalarView) -> Bool) {
    let text = text.unicodeScalars
    var start = text.startIndex
    var position = start
    while position < text.endIndex {
      let next = text.index(after: position)
      switch text[position] {
      case "\n", "\u{85}", "\u{2028}", "\u{2029}":
        guard body(text[start..<position]) else { return }
        start = next
      case "\r":
        guard body(text[start..<position]) else { return }
        start = next < text.endIndex && text[next] == "\n" ? text.index(after: next) : next
      default: break
      }
      position = max(next, start)
    }
    _ = body(text[start...])
  }
}

/// A location in a text. Lines and columns count from 1; columns count characters (Unicode scalars).
package struct SourcePosition: Hashable, Sendable, Comparable {
  // Half the size of full integers: descriptions contain many locations, and texts have far fewer lines.
  private var storedLine: UInt32
  private var storedColumn: UInt32

  package init(line: Int, column: Int) {
    storedLine = UInt32(line)
    storedColumn = UInt32(column)
  }

  package var line: Int {
    get { Int(storedLine) }
    set { storedLine = UInt32(newValue) }
  }

  package var column: Int {
    get { Int(storedColumn) }
    set { storedColumn = UInt32(newValue) }
  }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A range of a text, from `start` up to but not including `end`.
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
