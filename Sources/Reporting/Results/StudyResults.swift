/// All runs of a study, finished or not.
package struct StudyResults: Sendable {
  /// The name of the pipeline, or of the results file.
  package var name: String
  /// Their origin, for readers: `pipeline.yaml, stage table`, `results.csv, column top1`.
  package var origin: String
  package var runs: [RunResult]
  /// How runs that did not train were identified.
  package var chance: ChanceJudgement
  /// What is to be known of the analyses of networks beside the runs.
  package var remarks: [ResultWarning]

  package init(
    name: String, origin: String, runs: [RunResult], chance: ChanceJudgement = .measured,
    remarks: [ResultWarning] = []
  ) {
    self.name = name
    self.origin = origin
    self.runs = runs
    self.chance = chance
    self.remarks = remarks
  }
}

/// How networks at chance level are identified.
package enum ChanceJudgement: Hashable, Sendable {
  /// From the measured images per class, or because the results state it.
  case measured
  /// From the number of classes.
  case classes
  /// By the lowest scores, since the classes are unknown; and the score up to which runs of each target were assumed
  /// to be at chance, `nil` if there were none.
  case lowestScores(upTo: Double?)
}
