/// The ways in which a stage of a run ends, by the words that logs and `--json` have for them.
package enum StageEnding: String, Hashable, Sendable, CaseIterable {
  case produced, reused, failed, skipped, stopped
  case notStarted = "not-started"
}
