import Basics
import PipelineLanguage
import TestSupport

/// Reads an input as the program does, and checks the result.
struct FuzzCase {
  let files: [String: String]
  let schema: JSONSchema

  struct Outcome {
    /// Whether the input resulted in a description.
    var isRead: Bool
    /// What is wrong with the result; empty if it is a description that the schema agrees with, or problems that have
    /// a location and can be displayed.
    var complaints: [String]
  }

  func run(_ bytes: [UInt8]) -> Outcome {
    do throws(DiagnosticError) {
      let source = try SourceText.decoding(bytes, name: "fuzz.yaml")
      let description = try describe(
        source, fileName: "fuzz", including: MemoryFiles(texts: files))
      let value = try source.plainValue()
      var complaints = description.warnings.flatMap(complaints)
      // To a schema, a key without a value and a class called null are the same.
      if !value.holdsNull {
        complaints += schema.violations(of: value).map { "read, but the schema finds: \($0)" }
      }
      return Outcome(isRead: true, complaints: complaints)
    } catch {
      return Outcome(
        isRead: false,
        complaints: error.diagnostics.isEmpty
          ? ["refused without a reason"] : error.diagnostics.flatMap(complaints))
    }
  }

  private func complaints(_ diagnostic: Diagnostic) -> [String] {
    let text = diagnostic.rendered()
    var complaints: [String] = []
    if diagnostic.message.isEmpty { complaints.append("a problem says nothing") }
    if text.utf8.count > 20_000 { complaints.append("a problem of \(text.utf8.count) bytes") }
    if text.unicodeScalars.contains(where: {
      $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
    }) {
      complaints.append("a control character is shown: \(text.debugDescription)")
    }
    let isCount = diagnostic.message.hasSuffix("further problems are not shown")
    guard let span = diagnostic.span else {
      return complaints + (isCount ? [] : ["a problem without a place: \(text)"])
    }
    let width = span.source.line(span.start.line).unicodeScalars.count
    if span.start.line < 1 || span.start.column < 1 || span.start.column > width + 1
      || span.end < span.start
    {
      complaints.append("a place outside of the text, \(span.start) to \(span.end): \(text)")
    }
    return complaints
  }
}

extension Value {
  fileprivate var holdsNull: Bool {
    switch self {
    case .null: true
    case .list(let elements): elements.contains(where: \.holdsNull)
    case .map(let entries): entries.values.contains(where: \.holdsNull)
    case .bool, .integer, .number, .string: false
    }
  }
}
