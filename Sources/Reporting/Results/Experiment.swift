import Definitions
import Planning

/// Runs that are replicates or differ only in their treatment, not in other settings: the content of one figure.
package struct Experiment: Sendable {
  /// The type of the tasks.
  package enum Scope: Hashable, Sendable {
    /// Tasks of random divisions; A and B are interchangeable.
    case randomDivisions
    /// One task of a split with listed classes, and the tasks that layers come from.
    case listed(target: String, sources: [String])
    /// All classes of a dataset.
    case wholeDataset
  }

  /// `random tasks (split halves), lr 0.02`, `natural → man-made (split kinds)`, `all classes of photos`.
  package var title: String
  package var network: String?
  package var split: String
  package var scope: Scope
  /// The settings that distinguish the experiment from others on the same tasks: variables, and settings by their
  /// paths.
  package var conditions: [String: VariableValue]
  /// The limit on training images per class; `nil` for all.
  package var examples: Int?
  package var measuredOn: String?
  /// The rule of the score; `nil` if unknown.
  package var score: String?
  /// All targets on which some treatment was to be measured, or only bases if there are no treatments.
  package var targets: [Target]
  /// The base networks of these targets: the reference. `nil` if there are none.
  package var base: Point?
  /// Base networks of tasks that layers come from, on which no treatment is measured.
  package var otherBases: [RunResult]
  /// In the paper's order.
  package var series: [Series]
  /// Contrasts with at least one pair, or with one once missing runs exist.
  package var contrasts: [Contrast]
  /// The paper's Table 1; empty without fine-tuned transfers.
  package var boosts: [Boost]
  package var verdict: Verdict

  /// Every n of some treatment, without the 0 of the base.
  package var depths: [Int] { Set(series.flatMap { $0.points.map(\.depth) }).sorted() }

  /// The n within a range, as text: `1–3`, `1, 3`.
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

/// The runs of one treatment by n.
package struct Series: Sendable {
  package var treatment: Treatment
  /// The paper's notation: `AnB+`. If layers come from several named tasks, each has its own series, and the label
  /// ends with the name of the source.
  package var label: String
  /// By ascending n.
  package var points: [Point]
}

/// The runs of one treatment at one n.
package struct Point: Sendable {
  /// n; 0 for base networks.
  package var depth: Int
  /// All of them, with any outcome.
  package var runs: [RunResult]
  /// The mean over runs that trained; `nil` if none did.
  package var estimate: Estimate?

  /// The accuracies of runs that trained.
  package var values: [Double] { runs.compactMap(\.top1) }
  /// How many runs trained.
  var trained: Int { runs.count { $0.top1 != nil } }
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
