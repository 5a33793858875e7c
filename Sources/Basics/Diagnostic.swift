/// A message about the user's input: the problem, its location, and what would help.
package struct Diagnostic: Sendable, Equatable {
  package enum Severity: String, Sendable {
    case error, warning
  }

  /// An additional remark, with or without a location.
  package struct Note: Sendable, Equatable {
    package var message: String
    package var span: SourceSpan?

    package init(_ message: String, at span: SourceSpan? = nil) {
      self.message = message
      self.span = span
    }
  }

  package var severity: Severity
  package var message: String
  /// The location; `nil` for problems outside texts, such as an unwritable folder.
  package var span: SourceSpan?
  package var notes: [Note]

  package init(
    _ severity: Severity, _ message: String, at span: SourceSpan? = nil, notes: [Note] = []
  ) {
    self.severity = severity
    self.message = message
    self.span = span
    self.notes = notes
  }

  /// An error.
  package static func error(
    _ message: String, at span: SourceSpan? = nil, notes: [Note] = []
  ) -> Diagnostic {
    Diagnostic(.error, message, at: span, notes: notes)
  }
}

/// One or more problems with the input, thrown by everything that reads input.
package struct DiagnosticError: Error, Sendable, CustomStringConvertible {
  package var diagnostics: [Diagnostic]
  /// The cause stated where the error is thrown; `nil` if only the operating system's reason is known.
  private var statedCause: FailureCause?
  /// The error number of the operating system, if a system call failed.
  package var systemReason: Int32?

  package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  package init(
    _ message: String, at span: SourceSpan? = nil, notes: [Diagnostic.Note] = [],
    cause: FailureCause? = nil
  ) {
    self.init([.error(message, at: span, notes: notes)])
    statedCause = cause
  }

  /// The cause, as far as it was stated or follows from the error number.
  package var cause: FailureCause {
    get { statedCause ?? systemReason.map { FailureCause(systemReason: $0) } ?? .other }
    set { statedCause = newValue }
  }

  /// The error with different messages and the same cause.
  ///
  /// - Parameter words: creates a new message from each.
  package func reworded(_ words: (String) -> String) -> DiagnosticError {
    var error = self
    for index in error.diagnostics.indices {
      error.diagnostics[index].message = words(error.diagnostics[index].message)
    }
    return error
  }

  package var description: String {
    diagnostics.map { $0.rendered() }.joined(separator: "\n")
  }
}

// MARK: - Rendering

extension Diagnostic {
  /// The notes, and one for each invisible character of the message.
  var allNotes: [Note] {
    notes
      + invisibleCharacters(in: message).map {
        Note("'\(printable(String($0)))' is \($0.named), which cannot be seen")
      }
  }

  /// The message as people read it:
  ///
  /// ```
  /// lenet.yaml:14:12: error: stage 'evalB' reads unknown stage 'bseB'
  ///   14 |   evaluate: {stage: bseB}
  ///      |                     ^~~~
  ///   note: did you mean 'baseB'?
  /// ```
  package func rendered() -> String {
    var lines = ["\(Diagnostic.prefix(span))\(severity.rawValue): \(Diagnostic.clipped(message))"]
    if let span { lines += Diagnostic.excerpt(span) }
    for note in allNotes {
      lines.append(
        "  note: \(note.span.map { Diagnostic.place($0) + ": " } ?? "")"
          + Diagnostic.clipped(note.message))
      if let span = note.span { lines += Diagnostic.excerpt(span) }
    }
    return lines.joined(separator: "\n")
  }

  private static func place(_ span: SourceSpan) -> String {
    "\(printable(span.source.name)):\(span.start.line):\(span.start.column)"
  }

  private static func prefix(_ span: SourceSpan?) -> String {
    span.map { place($0) + ": " } ?? ""
  }

  /// A message as a single line, without the middle of what is too long to read, such as a name of a megabyte.
  private static func clipped(_ message: String) -> String {
    let longest = 600
    // A message is one line, although it may quote several.
    let message = message.contains("\n") ? message.replacing("\n", with: "\\n") : message
    guard message.utf8.count > longest, message.unicodeScalars.count > longest else {
      return printable(message)
    }
    let start = String(message.unicodeScalars.prefix(longest / 2))
    return printable("\(start) … \(String(message.unicodeScalars.suffix(longest / 2)))")
  }

  /// Longer source lines are cut around the span: a line of a megabyte is unreadable.
  private static let widestExcerpt = 120

  private static func excerpt(_ span: SourceSpan) -> [String] {
    var line = Array(span.source.line(span.start.line).unicodeScalars)
    // A span may begin right after the last character of a line, where something is missing.
    var first = min(max(span.start.column - 1, 0), line.count)
    var last = span.end.line > span.start.line ? line.count : min(span.end.column - 1, line.count)
    if line.count > widestExcerpt {
      let cut = max(0, min(first - widestExcerpt / 2, line.count - widestExcerpt))
      line = Array(line[cut..<min(line.count, cut + widestExcerpt)])
      first -= cut
      last = min(last - cut, line.count)
    }
    let number = "\(span.start.line)"
    let gutter = String(repeating: " ", count: number.count)
    let marked = first < last ? line[first..<last].reduce(0) { $0 + width(printable($1)) } : 0
    // Tabs also appear in the line below, so that the caret is aligned.
    let lead = line[..<first].map { $0 == "\t" ? "\t" : spaces(width(printable($0))) }.joined()
    return [
      "  \(number) | \(line.map(printable).joined())",
      "  \(gutter) | \(lead)^\(String(repeating: "~", count: max(marked - 1, 0)))",
    ]
  }

  private static func width(_ text: String) -> Int { text.unicodeScalars.count }

  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}

/// The text with control characters made visible, so that no file can control the user's terminal.
package func printable(_ text: String) -> String {
  // Nearly all text is plain, and a plan may have ten thousand names.
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  return text.unicodeScalars.map(printable).joined()
}

private func printable(_ scalar: Unicode.Scalar) -> String {
  // A BOM or a tag must not be invisible: characters that are not displayed are shown by number.
  isControl(scalar) ? scalar.escaped(asASCII: true) : String(Character(scalar))
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  // Nearly all characters; looking up a category takes ten times as long.
  if 0x20..<0x7f ~= scalar.value { return false }
  switch scalar.properties.generalCategory {
  case .control: return scalar != "\t" && scalar != "\n"
  // Bidirectional overrides can make a line read differently from what it is.
  case .format: return true
  default: return scalar.isInvisible
  }
}
