import Basics
import OrderedCollections

/// The value of a name in `${name}`. A class, since all points of a sweep share it.
final class Binding: Sendable {
  let value: Value
  /// The value as written, for insertion into text.
  let text: String
  /// The location of the value.
  let span: SourceSpan

  init(value: Value, text: String, span: SourceSpan) {
    self.value = value
    self.text = text
    self.span = span
  }
}

/// The names available to `${…}`: parameters, and a sweep's variables at one point.
struct Scope: Sendable {
  var parameters: [String: Binding] = [:]
  var variables: Sweep.Point = [:]
  /// Parameters whose declarations have errors: references to them are not reported too.
  var wrongParameters: Set<String> = []
  /// Whether any name might be a parameter, because their section could not be read.
  var isBroken = false

  subscript(name: String) -> Binding? { variables[name] ?? parameters[name] }

  var names: [String] { (Array(variables.keys) + Array(parameters.keys)).sorted() }
}

/// The shared context of all readers.
///
/// Every field holds it, so its content is in one place in memory.
struct ReadingContext {
  private final class Content {
    let diagnostics: DiagnosticCollector
    let texts: ReferenceTexts
    let scope: Scope
    let includedFile: IncludePath?

    init(
      _ diagnostics: DiagnosticCollector, _ texts: ReferenceTexts, _ scope: Scope,
      _ includedFile: IncludePath?
    ) {
      self.diagnostics = diagnostics
      self.texts = texts
      self.scope = scope
      self.includedFile = includedFile
    }
  }

  private var content: Content

  init(diagnostics: DiagnosticCollector) {
    content = Content(diagnostics, ReferenceTexts(), Scope(), nil)
  }

  var diagnostics: DiagnosticCollector { content.diagnostics }

  var scope: Scope {
    get { content.scope }
    set { content = Content(content.diagnostics, content.texts, newValue, content.includedFile) }
  }

  /// The file being read if it is an included one; its paths are relative to its own folder.
  var includedFile: IncludePath? {
    get { content.includedFile }
    set { content = Content(content.diagnostics, content.texts, content.scope, newValue) }
  }

  /// A path as it would be written in the pipeline file.
  func path(_ text: String) -> String { includedFile?.resolving(text).text ?? text }
}

/// A scalar with its references resolved.
struct ResolvedScalar {
  var text: String
  /// The typed value, if the scalar is a single reference.
  var value: Value?
  /// Whether the text may be read as a number or truth value.
  var isPlain: Bool
  var span: SourceSpan
  /// The binding referred to, if there is a `value`.
  var binding: Binding?
}

extension ReadingContext {
  /// The maximum number of unknown references reported for one scalar.
  private static let mostMissing = 10

  /// Resolves the references in a scalar; `nil` if an unknown one was reported.
  func resolve(_ scalar: ScalarNode) -> ResolvedScalar? {
    guard ReferenceText.mayRefer(scalar.text) else {
      return ResolvedScalar(
        text: scalar.text, isPlain: scalar.style == .plain, span: scalar.span)
    }
    let pieces: [ReferenceText.Piece]
    do {
      pieces = try content.texts.pieces(of: scalar.text)
    } catch {
      diagnostics.report(
        error.message, at: scalar.span(ofUTF8: error.range),
        notes: [Diagnostic.Note("a reference is written ${name}; $${ is a literal ${")])
      return nil
    }
    if pieces.count == 1, case .reference(let name, let range) = pieces[0] {
      guard let binding = binding(of: name, in: scalar, range) else { return nil }
      return ResolvedScalar(
        text: binding.text, value: binding.value, isPlain: true, span: scalar.span,
        binding: binding)
    }
    var text = ""
    var missing = 0
    var refers = false
    for piece in pieces {
      switch piece {
      case .text(let literal):
        text += literal
      case .reference(let name, let range):
        refers = true
        if let binding = binding(of: name, in: scalar, range) {
          text += binding.text
        } else {
          missing += 1
          // Locating each requires a pass through the text.
          if missing == ReadingContext.mostMissing { return nil }
        }
      }
    }
    guard missing == 0 else { return nil }
    return ResolvedScalar(
      text: text, isPlain: refers || scalar.style == .plain, span: scalar.span)
  }

  private func binding(of name: String, in scalar: ScalarNode, _ range: Range<Int>) -> Binding? {
    let scope = content.scope
    if let binding = scope[name] { return binding }
    if scope.isBroken || scope.wrongParameters.contains(name) { return nil }
    diagnostics.report(
      "'${\(name)}' is not defined", at: scalar.span(ofUTF8: range),
      notes: Diagnostic.Note.allowed(scope.names, insteadOf: name, as: "names defined here"))
    return nil
  }
}

extension ScalarNode {
  /// The location of a range of the text's UTF-8 if text and source agree; otherwise the entire scalar.
  func span(ofUTF8 range: Range<Int>) -> SourceSpan {
    let width = text.unicodeScalars.count
    let quotes = style == .plain ? 0 : 1
    guard span.start.line == span.end.line,
      span.end.column - span.start.column == width + 2 * quotes
    else { return span }
    func column(_ offset: Int) -> Int {
      let index = text.utf8.index(text.startIndex, offsetBy: offset)
      return span.start.column + quotes + text.unicodeScalars[..<index].count
    }
    var part = span
    part.start.column = column(range.lowerBound)
    part.end.column = column(range.upperBound)
    return part
  }
}
