import Basics
import Definitions

/// The place of one evaluated network in the paper's design.
package struct ReportEntry: Hashable, Sendable {
  /// The name of its architecture in the pipeline; `nil` if unknown.
  package var network: String?
  /// The split of the task it was trained on; the dataset if there is none.
  package var split: String
  /// How that split divides its dataset's classes.
  package var division: ClassDivision
  /// The task it was trained on.
  package var target: String
  /// The task its copied layers were first trained on, or the file they come from; `nil` for a base network.
  package var source: String?
  /// The number of leading layers that were copied, or random and frozen.
  package var depth: Int
  package var kind: TreatmentKind
  package var seed: UInt64
  /// Whether the seed is known. Results of other tools often state none; two similar runs may then be different
  /// training runs.
  package var isSeedStated: Bool
  /// Identifies the task's classes, in any order; `nil` if unknown.
  package var classes: Fingerprint?
  /// The limit on training images per class; `nil` for all.
  package var examples: Int?
  /// The number of layers beyond `depth` that were copied and learn; 0 for all kinds except `preserved`.
  package var preserved: Int
  /// The name of the phases that it is trained in; `nil` if it is trained at once.
  package var phases: String?
  /// What it is measured on, if not its own task's test images: `B, validation images`.
  package var measuredOn: String?
  /// The rule of the score, for example `final`; `nil` if unknown.
  package var score: String?
  /// What else distinguishes the run from comparable ones, by name: variables of sweeps and repetitions, and settings
  /// by their paths. Variables that the run does not depend on are left out.
  package var variables: [String: RunVariable]

  package init(
    network: String? = nil, split: String, division: ClassDivision, target: String,
    source: String?, depth: Int, kind: TreatmentKind, seed: UInt64, isSeedStated: Bool = true,
    classes: Fingerprint? = nil, examples: Int? = nil, preserved: Int = 0,
    phases: String? = nil, measuredOn: String? = nil, score: String? = nil,
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
    self.phases = phases
    self.measuredOn = measuredOn
    self.score = score
    self.variables = variables
  }
}

/// How classes are divided among tasks, which determines which runs are replicates.
package enum ClassDivision: Hashable, Sendable {
  /// At random: all such divisions are interchangeable, and so are their tasks.
  case random(seed: UInt64)
  /// As listed: each task is distinct.
  case listed
  /// Undivided: the task is the dataset.
  case whole
}

extension Treatment {
  /// The treatment of the network of an entry.
  package init(_ design: ReportEntry) {
    self.init(
      kind: design.kind, crossesTasks: design.crossesTasks, preserved: design.preserved,
      phases: design.phases)
  }
}
