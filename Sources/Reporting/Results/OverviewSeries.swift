import Planning

/// Accuracy minus that of the base on the same target, against n: the paper's Figure 3.
package struct RelativeSeries: Sendable {
  package enum Comparison: Hashable, Sendable {
    /// AnB on random divisions: A and B are similar.
    case similarTasks
    /// AnB on listed classes: A and B are dissimilar.
    case dissimilarTasks
    case randomFilters
  }

  package struct Point: Sendable {
    package var depth: Int
    /// Each run of the treatment paired with its base.
    package var pairs: [ContrastPoint.Pair]
    package var estimate: Estimate
  }

  package var comparison: Comparison
  /// `AnB, random halves (split halves)`
  package var label: String
  package var network: String?
  /// By ascending n.
  package var points: [Point]
}

/// Accuracy against the number of training images per class.
package struct ExampleSeries: Sendable {
  package struct Point: Sendable {
    package var examples: Int
    package var runs: [RunResult]
    /// The mean over runs that trained; `nil` if none did.
    package var estimate: Estimate?
  }

  /// `base on imagenet`, `A3B (split halves)`
  package var label: String
  package var network: String?
  /// By ascending number of examples.
  package var points: [Point]
  /// The same without a limit; `nil` if there is none.
  package var unlimited: Experiment.Reference?
}

extension Experiment {
  /// Runs that others are compared with.
  package struct Reference: Sendable {
    package var runs: [RunResult]
    package var estimate: Estimate?
  }
}
