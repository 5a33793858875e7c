import Planning

/// Accuracy minus that of the same target's base, against n: the paper's Figure 3.
package struct RelativeSeries: Sendable {
  package enum Comparison: Hashable, Sendable {
    /// AnB of random divisions: A and B are alike.
    case similarTasks
    /// AnB of listed classes: A and B are not.
    case dissimilarTasks
    case randomFilters
  }

  package struct Point: Sendable {
    package var depth: Int
    /// Each treatment's run with its base's accuracy taken off.
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

/// Accuracy against how many images of each class were trained on.
package struct ExampleSeries: Sendable {
  package struct Point: Sendable {
    package var examples: Int
    package var runs: [RunResult]
    /// Over those that trained; `nil` where none did.
    package var estimate: Estimate?
  }

  /// `base on imagenet`, `A3B (split halves)`
  package var label: String
  package var network: String?
  /// By ascending number of examples.
  package var points: [Point]
  /// The same without a limit; `nil` where there is none.
  package var unlimited: Experiment.Reference?
}

extension Experiment {
  /// Runs that others are seen against.
  package struct Reference: Sendable {
    package var runs: [RunResult]
    package var estimate: Estimate?
  }
}
