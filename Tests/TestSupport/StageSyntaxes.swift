import Basics
import PipelineLanguage

/// Reads a pipeline with all kinds of stages, as the program does.
package func describe(
  _ source: SourceText, fileName: String, settings: [(key: String, value: String)] = [],
  including files: any PipelineFiles = NoPipelineFiles()
) throws(DiagnosticError) -> Description {
  try describe(
    source, fileName: fileName, settings: settings, including: files,
    kinds: [
      .train, .transfer, .evaluate, .features, .probe, .score, .reset, .barrier, .compare,
      .pictures, .report,
    ])
}
