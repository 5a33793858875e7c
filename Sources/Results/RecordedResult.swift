import ArtifactStore
import Basics

/// A few numbers that a stage leaves in its record, among the metrics, where they are found without a file being
/// read.
package protocol RecordedResult: Sendable {
  var metrics: Value { get }

  /// Reads what `metrics` gave; `nil` for anything else.
  init?(metrics: Value)
}

extension RecordedResult {
  /// Reads the result from a stage's record.
  ///
  /// - Throws: `DiagnosticError` where the record has no such result.
  package init(of record: StageRecord) throws(DiagnosticError) {
    guard let result = Self(metrics: record.metrics) else {
      throw DiagnosticError(
        "the record of stage '\(record.stage)' has no results that can be read",
        cause: .unusableInput)
    }
    self = result
  }
}
