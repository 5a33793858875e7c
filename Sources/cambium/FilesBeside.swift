import Basics
import PipelineLanguage
import SystemPackage

/// The files that a pipeline file may include, by paths from its folder.
struct FilesBeside: PipelineFiles {
  private let folder: FilePath

  init(_ pipeline: FilePath) { folder = pipeline.removingLastComponent() }

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    let whole = folder.pushing(FilePath(path)).lexicallyNormalized()
    let fileSystem = LocalFileSystem()
    // A pipe or a device may have no end.
    guard let status = try fileSystem.status(of: whole) else {
      throw DiagnosticError("there is no file '\(whole)'")
    }
    guard status.kind == .file else { throw DiagnosticError("'\(whole)' is not a file") }
    return try SourceText.decoding(fileSystem.read(whole), name: whole.string)
  }
}
