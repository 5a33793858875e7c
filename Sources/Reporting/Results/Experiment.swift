import Definitions
import Planning

/// Runs that are replicates of each other or differ in their treatment, not in other settings: what one figure
/// shows.
package struct Experiment: Sendable {
  /// What the tasks are.
  package enum Scope: Hashable, Sendable {
    /// Tasks of random divisions: A and B stand for any two of them.
    case randomDivisions
    /// One task of a split whose classes are listed, and the tasks that layers come from.
    case listed(target: String, sources: [String])
    /// All classes of a dataset.
    case wholeDataset
  }

  /// `random tasks (split halves), lr 0.02`, `natural → man-made (split kinds)`, `all classes of photos`.
  package var title: String
  package var network: String?
  package var split: String
  package var scope: Scope
  /// The settings by which the experiment differs from others of the same tasks: variables, and settings by
  /// their paths.
  package var conditions: [String: VariableValue]
  /// Training images of each class, at most; `nil` for all.
  package var examples: Int?
  package var measuredOn: String?
  /// What the score is taken from; `nil` where that is not known.
  package var score: String?
  /// All targets that some treatment was to be measured on, or bases alone where there is nothing else.
  package var targets: [Target]
  /// The base networks of these targets: the reference. `nil` where there are none.
  package var base: Point?
  /// Base networks of tasks that layers come from, and that no treatment is measured on.
  package var otherBases: [RunResult]
  /// In the paper's order.
  package var series: [Series]
  /// Those for which there is at least one pair, or would be if its runs were there.
  package var contrasts: [Contrast]
  /// The paper's Table 1; empty without fine-tuned transfers.
  package var boosts: [Boost]
  package var verdict: Verdict

  /// Every n that some treatment has, without the base's 0.
  package var depths: [Int] { Set(series.flatMap { $0.points.map(\.depth) }).sorted() }

  /// Those of a range, as text: `1–3`, `1, 3`.
  package func depths(in range: ClosedRange<Int>) -> String {
    ranges(depths.filter(range.contains))
  }

  package func series(_ treatment: Treatment) -> Series? {
    series.first { $0.treatment == treatment }
  }

  package func contrast(_ kind: ContrastKind) -> Contrast? {
    contrasts.first { $0.kind == kind }
  }
}

/// One treatment's runs by n.
package struct Series: Sendable {
  package var treatment: Treatment
  /// The paper's notation: `AnB+`. Where layers come from several tasks with names that matter, each has its
  /// own series, and the label ends with the source's name.
  package var label: String
  /// By ascending n.
  package var points: [Point]
}

/// The runs of one treatment at one n.
package struct Point: Sendable {
  /// n; 0 for base networks.
  package var depth: Int
  /// All of them, whatever became of them.
  package var runs: [RunResult]
  /// Over those that trained; `nil` where none did.
  package var estimate: Estimate?

  /// The accuracies of those that trained.
  package var values: [Double] { runs.compactMap(\.top1) }
  package var untrained: [RunResult] {
    runs.filter { if case .atChance = $0.outcome { true } else { false } }
  }
  package var diverged: [RunResult] {
    runs.filter { if case .diverged = $0.outcome { true } else { false } }
  }
  package var missing: [RunResult] {
    runs.filter { if case .missing = $0.outcome { true } else { false } }
  }
}
