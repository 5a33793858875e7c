import Basics
import PipelineLanguage
import SystemPackage

/// The files that a pipeline file may include, by paths relative to its folder.
struct FilesBeside: PipelineFiles {
  private let folder: FilePath
  private let note: (FilePath) -> Void

  /// - Parameter note: receives each file that is included by a relative path.
  init(_ pipeline: FilePath, note: @escaping (FilePath) -> Void = { _ in }) {
    folder = pipeline.removingLastComponent()
    self.note = note
  }

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    let whole = folder.pushing(FilePath(path)).lexicallyNormalized()
    let fileSystem = LocalFileSystem()
    // A pipe or a device may be endless.
    guard let status = try fileSystem.status(of: whole) else {
      throw DiagnosticError("there is no file '\(whole)'")
    }
    guard status.kind == .file else { throw DiagnosticError("'\(whole)' is not a file") }
    let text = try SourceText.reading(whole)
    if FilePath(path).isRelative { note(whole) }
    return text
  }
}

extension SourceText {
  /// The text of a file, reading no more than the limit.
  ///
  /// - Parameter limit: the maximum size in bytes; by default that of a pipeline file.
  /// - Throws: `DiagnosticError` if it cannot be read, is too large, or is not UTF-8.
  static func reading(
    _ path: FilePath, upTo limit: Int = mostBytes
  ) throws(DiagnosticError) -> SourceText {
    let bytes = try LocalFileSystem().contents(of: path, upTo: limit + 1)
    guard let bytes else {
      throw DiagnosticError(operation: "read", path, because: .noSuchFileOrDirectory)
    }
    return try decoding(bytes, name: path.string, upTo: limit)
  }
}
