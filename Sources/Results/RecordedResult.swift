import ArtifactStore
import Basics

/// A few numbers in the metrics of a stage's record, available without reading a file.
package protocol RecordedResult: Sendable {
  var metrics: Value { get }

  /// The result in words, a line each, the most important first.
  ///
  /// - Parameter record: the record that it was read from.
  func words(in record: StageRecord) -> [String]

  /// Reads the output of `metrics`; `nil` for anything else.
  init?(metrics: Value)
}

extension RecordedResult {
  /// Reads the result from the record of a stage.
  ///
  /// - Throws: `DiagnosticError` if the record has no such result.
  package init(of record: StageRecord) throws(DiagnosticError) {
    guard let result = Self(metrics: record.metrics) else {
      throw DiagnosticError(
        "the record of stage '\(record.stage)' has no results that can be read",
        cause: .unusableInput)
    }
    self = result
  }
}
