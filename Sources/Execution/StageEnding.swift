/// The outcomes of a stage, with their names in logs and `--json`.
package enum StageEnding: String, Hashable, Sendable, CaseIterable {
  case produced, reused, failed, skipped, stopped
  case notStarted = "not-started"
}
