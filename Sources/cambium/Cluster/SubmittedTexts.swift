import Basics
import PipelineLanguage
import Slurm
import SystemPackage

/// The files that a pipeline includes, remembered as they are read.
final class RecordedTexts: PipelineFiles {
  private let files: FilesBeside
  private let texts = Guarded<[String: String]>([:])

  init(_ files: FilesBeside) { self.files = files }

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    let source = try files.text(at: path)
    texts.withLock { $0[path] = source.text }
    return source
  }

  /// What was read, by path.
  var sources: [Submission.Source] {
    texts.withLock { $0 }.sorted { $0.key < $1.key }.map {
      Submission.Source(path: $0.key, text: $0.value)
    }
  }
}

/// The files of a pipeline as they were submitted.
struct SubmittedTexts: PipelineFiles {
  let submission: Submission

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    guard let source = submission.sources.dropFirst().first(where: { $0.path == path }) else {
      throw DiagnosticError("'\(path)' is not among the texts that were submitted")
    }
    return SourceText(name: path, text: source.text)
  }
}
