import Basics

/// Where the files come from that a pipeline file includes.
package protocol PipelineFiles {
  /// The text of a file, under the name that messages call it.
  ///
  /// - Parameter path: absolute, or from the folder of the pipeline file.
  /// - Throws: `DiagnosticError` where there is no such file or it is no text.
  func text(at path: String) throws(DiagnosticError) -> SourceText
}

/// No files: for texts that stand for themselves.
package struct NoPipelineFiles: PipelineFiles {
  package init() {}

  package func text(at path: String) throws(DiagnosticError) -> SourceText {
    throw DiagnosticError("there is no file '\(path)'")
  }
}
