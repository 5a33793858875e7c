/// All runs of a study, finished or not.
package struct StudyResults: Sendable {
  /// The pipeline's name, or that of the file of results.
  package var name: String
  /// Where they come from, as a reader would say it: `pipeline.yaml, stage table`, `results.csv, column top1`.
  package var origin: String
  package var runs: [RunResult]
  /// How it was judged which runs did not train.
  package var chance: ChanceJudgement

  package init(
    name: String, origin: String, runs: [RunResult], chance: ChanceJudgement = .measured
  ) {
    self.name = name
    self.origin = origin
    self.runs = runs
    self.chance = chance
  }
}

/// How it was told which networks are still at chance.
package enum ChanceJudgement: Hashable, Sendable {
  /// From the images of each class that were measured, or because the results say so.
  case measured
  /// From the number of classes.
  case classes
  /// By the lowest scores, since the classes are not known; and the score up to which runs of each target
  /// were taken to be at chance, `nil` where none looked so.
  case lowestScores(upTo: Double?)
}
