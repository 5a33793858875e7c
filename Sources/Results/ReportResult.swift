import ArtifactStore
import Basics

/// What a report came to.
package struct ReportResult: Hashable, Sendable {
  /// Runs that it reports.
  package var runs: Int
  package var warnings: Int

  package init(runs: Int, warnings: Int) {
    self.runs = runs
    self.warnings = warnings
  }
}

extension ReportResult: RecordedResult {
  /// `{"runs", "warnings"}`
  package var metrics: Value { ["runs": .integer(runs), "warnings": .integer(warnings)] }

  package func words(in record: StageRecord) -> [String] {
    ["a report of \(counted(runs, "run")), with \(counted(warnings, "warning"))"]
  }

  package init?(metrics: Value) {
    guard let runs = metrics["runs"]?.asCount, let warnings = metrics["warnings"]?.asCount else {
      return nil
    }
    self.init(runs: runs, warnings: warnings)
  }
}
