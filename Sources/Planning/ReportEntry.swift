import Basics
import Definitions

/// Where one evaluated network stands in the paper's notation.
package struct ReportEntry: Hashable, Sendable {
  /// The name of its architecture in the pipeline; `nil` where that is not known.
  package var network: String?
  /// The split of the task it was trained on; the dataset where there is none.
  package var split: String
  /// How that split divides its dataset's classes.
  package var division: ClassDivision
  /// The task it was trained on.
  package var target: String
  /// The task its copied layers were first trained on, or the file they come from; `nil` for a base
  /// network.
  package var source: String?
  /// How many leading layers were copied, or random and frozen.
  package var depth: Int
  package var kind: TreatmentKind
  package var seed: UInt64
  /// Whether it is known that the seed is this one. Runs of other tools often state none: two that look alike may be
  /// two training runs.
  package var isSeedStated: Bool
  /// What identifies the task's classes, in whatever order; `nil` where they are not known.
  package var classes: Fingerprint?
  /// Training images of each class, at most; `nil` for all.
  package var examples: Int?
  /// Layers beyond `depth` that were copied and learn; 0 for every other kind than `preserved`.
  package var preserved: Int
  /// What it is measured on, where that is not its own task's test images: `B, validation images`.
  package var measuredOn: String?
  /// What the score is taken from, `final` for instance; `nil` where that is not known.
  package var score: String?
  /// What else tells the run apart from those that it could be taken for, by name: variables of sweeps and
  /// repetitions, and settings by their paths. A variable that the run does not depend on is left out.
  package var variables: [String: RunVariable]

  package init(
    network: String? = nil, split: String, division: ClassDivision, target: String,
    source: String?, depth: Int, kind: TreatmentKind, seed: UInt64, isSeedStated: Bool = true,
    classes: Fingerprint? = nil, examples: Int? = nil, preserved: Int = 0,
    measuredOn: String? = nil, score: String? = nil,
    variables: [String: RunVariable] = [:]
  ) {
    self.network = network
    self.split = split
    self.division = division
    self.target = target
    self.source = source
    self.depth = depth
    self.kind = kind
    self.seed = seed
    self.isSeedStated = isSeedStated
    self.classes = classes
    self.examples = examples
    self.preserved = preserved
    self.measuredOn = measuredOn
    self.score = score
    self.variables = variables
  }
}

/// How classes are divided among tasks: what decides which runs are replicates of each other.
package enum ClassDivision: Hashable, Sendable {
  /// By lot: one such division stands for any other, and its tasks for each other.
  case random(seed: UInt64)
  /// As somebody listed them: each task is of its own kind.
  case listed
  /// Not at all: the task is the dataset.
  case whole
}

extension Treatment {
  /// What was done to the network of an entry.
  package init(_ design: ReportEntry) {
    self.init(
      kind: design.kind, crossesTasks: design.crossesTasks, preserved: design.preserved)
  }
}
