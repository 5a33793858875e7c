import Planning

/// What a reader of the numbers must know before believing them.
package enum ResultWarning: Hashable, Sendable {
  /// Treatments of one experiment were measured on different targets, so that their means compare targets too.
  case unbalanced(experiment: String, gaps: [DesignGap])
  /// Scores of the measurements that were best on the images they tell of.
  case selectedOnTestData(rule: String, runs: Int)
  case didNotTrain(runs: [String])
  case diverged(runs: [String])
  case missing(runs: [String])
  /// No treatment of the experiment has a second run at any n.
  case singleReplicate(experiment: String)
  /// Runs that differ in nothing the report knows of are averaged as if they were replicates.
  case indistinguishable(experiment: String, runs: [String])
  case mixedNetworks([String])
  /// Scores taken by different rules stand side by side.
  case mixedScores([String])
  case chanceUnknown(ChanceJudgement)
}

/// The targets that a treatment lacks and others of its experiment have.
package struct DesignGap: Hashable, Sendable {
  package var treatment: String
  /// Targets that it was measured on at some n.
  package var measured: [String]
  /// Targets that it was measured on at no n.
  package var absent: [String]
  /// Targets that it lacks at some n only.
  package var partial: [String: [Int]]
}
