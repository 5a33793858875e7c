import Basics

/// Provides the files that a pipeline file includes.
package protocol PipelineFiles {
  /// The text of a file, under its name in messages.
  ///
  /// - Parameter path: absolute, or relative to the folder of the pipeline file.
  /// - Throws: `DiagnosticError` if there is no such file or it is not text.
  func text(at path: String) throws(DiagnosticError) -> SourceText
}

/// No files: for texts without includes.
package struct NoPipelineFiles: PipelineFiles {
  package init() {}

  package func text(at path: String) throws(DiagnosticError) -> SourceText {
    throw DiagnosticError("there is no file '\(path)'")
  }
}
