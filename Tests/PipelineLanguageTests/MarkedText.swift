import Basics
import PipelineLanguage
import TestSupport
import Testing

/// A pipeline whose text marks the locations of findings: `⟦` and `⟧` around each span.
///
/// An empty mark (`⟦⟧`) is a location without extent.
struct MarkedText {
  let text: String
  let spans: [Span]

  struct Span: Hashable, CustomStringConvertible {
    var start: SourcePosition
    var end: SourcePosition

    var description: String { "\(start.line):\(start.column)-\(end.line):\(end.column)" }
  }

  init(_ marked: String) {
    var text = ""
    var line = 1
    var column = 1
    var open: [SourcePosition] = []
    var spans: [Span] = []
    for scalar in marked.unicodeScalars {
      switch scalar {
      case "⟦":
        open.append(SourcePosition(line: line, column: column))
      case "⟧":
        let end = SourcePosition(line: line, column: column)
        spans.append(Span(start: open.popLast() ?? end, end: end))
      default:
        text.unicodeScalars.append(scalar)
        (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
      }
    }
    self.text = text
    self.spans = spans.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
  }
}

/// Reads a text that must be valid.
func description(
  of text: String, settings: [(key: String, value: String)] = []
) throws -> Description {
  try describe(
    SourceText(name: "test.yaml", text: text), fileName: "test", settings: settings)
}

/// The description of a text's first stage, a train stage.
func training(
  in text: String, settings: [(key: String, value: String)] = []
) throws -> TrainDescription {
  let pipeline = try description(of: text, settings: settings)
  guard let train = pipeline.stages.first?.work as? TrainDescription else {
    throw DiagnosticError("the first stage is no train stage")
  }
  return train
}

/// The problems of a text, empty where it has none.
func problems(
  of text: String, settings: [(key: String, value: String)] = []
) -> [Diagnostic] {
  do {
    _ = try description(of: text, settings: settings)
    return []
  } catch let error as DiagnosticError {
    return error.diagnostics
  } catch {
    return [.error("\(error)")]
  }
}

/// Expects one problem at each mark and no other, each with its message.
///
/// - Parameter expected: the beginnings of the messages, in the order of the marks.
func expect(
  _ marked: String, finds expected: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let marked = MarkedText(marked)
  let found = problems(of: marked.text)
  let rendered = found.map { $0.rendered() }.joined(separator: "\n")
  #expect(
    found.map { $0.span.map { MarkedText.Span(start: $0.start, end: $0.end) } } == marked.spans,
    "\(rendered)", sourceLocation: sourceLocation)
  #expect(found.count == expected.count, "\(rendered)", sourceLocation: sourceLocation)
  for (diagnostic, message) in zip(found, expected) {
    #expect(
      diagnostic.message.hasPrefix(message), "\(rendered)", sourceLocation: sourceLocation)
  }
}
