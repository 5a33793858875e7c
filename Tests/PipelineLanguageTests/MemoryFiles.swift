import Basics
import PipelineLanguage
import TestSupport

/// Files in memory.
struct MemoryFiles: PipelineFiles {
  var texts: [String: String]

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    guard let text = texts[path] else { throw DiagnosticError("there is no file '\(path)'") }
    return SourceText(name: "lib/\(path)", text: text)
  }
}

func description(
  of text: String, with files: [String: String],
  settings: [(key: String, value: String)] = []
) throws -> Description {
  try describe(
    SourceText(name: "pipelines/test.yaml", text: text), fileName: "test", settings: settings,
    including: MemoryFiles(texts: files))
}

func problems(of text: String, with files: [String: String]) -> [Diagnostic] {
  do {
    _ = try description(of: text, with: files)
    return []
  } catch let error as DiagnosticError {
    return error.diagnostics
  } catch {
    return [.error("\(error)")]
  }
}
