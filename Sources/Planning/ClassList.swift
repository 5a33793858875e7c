import Basics
import PipelineLanguage

/// The entries of a class file, each with its location; empty lines are skipped.
struct ClassList {
  var entries: [Described<String>]

  /// Which part of a line is the entry.
  enum Entry {
    /// The whole line, trimmed.
    case line
    /// `n01440764` of `n01440764 tench, Tinca tinca`.
    case firstWord
  }

  /// - Throws: `DiagnosticError` for duplicate entries, and if there are none.
  init(_ source: SourceText, _ entry: Entry) throws(DiagnosticError) {
    entries = ClassList.entries(source, entry)
    guard !entries.isEmpty else {
      throw DiagnosticError("'\(source.name)' lists no class")
    }
    var first: [String: SourceSpan] = [:]
    var diagnostics: [Diagnostic] = []
    for entry in entries {
      if let earlier = first.updateValue(entry.span, forKey: entry.content) {
        diagnostics.append(
          .error(
            "'\(entry.content)' is listed twice", at: entry.span,
            notes: [Diagnostic.Note("it is first listed here", at: earlier)]))
      }
    }
    if !diagnostics.isEmpty {
      throw DiagnosticError(Array(diagnostics.prefix(ClassList.mostProblems)))
    }
  }

  /// The maximum number of problems reported for one file.
  static let mostProblems = 10

  private static func entries(_ source: SourceText, _ entry: Entry) -> [Described<String>] {
    source.lines.enumerated().compactMap { index, scalars in
      let blank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" }
      guard let start = scalars.firstIndex(where: { !blank($0) }) else { return nil }
      var text = scalars[start...]
      switch entry {
      case .line: while let last = text.last, blank(last) { text.removeLast() }
      case .firstWord: text = text.prefix { !blank($0) }
      }
      let column = scalars.distance(from: scalars.startIndex, to: start) + 1
      let span = SourceSpan(
        source: source, start: SourcePosition(line: index + 1, column: column),
        end: SourcePosition(line: index + 1, column: column + text.count))
      return Described(String(text), at: span)
    }
  }
}
