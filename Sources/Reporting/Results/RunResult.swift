import Planning

/// One run of a study: its place in the design, and its outcome.
package struct RunResult: Hashable, Sendable {
  /// The stage that measures it, or the run's name in its file.
  package var name: String
  private var place: Place
  package var outcome: RunOutcome
  /// Which network was measured, and which its layers come from; `nil` for results of other tools.
  package var lineage: Lineage?

  package init(
    name: String, design: ReportEntry, outcome: RunOutcome, lineage: Lineage? = nil
  ) {
    self.name = name
    place = Place(design)
    self.outcome = outcome
    self.lineage = lineage
  }

  /// The training run of a network, and that of the network which its layers were copied from.
  package struct Lineage: Hashable, Sendable {
    package var trained: StageInput
    /// Before any phases; `nil` if no layers come from a stage.
    package var origin: StageInput?

    package init(trained: StageInput, origin: StageInput? = nil) {
      self.trained = trained
      self.origin = origin
    }
  }

  /// The same for a run whose target is known.
  init(name: String, design: ReportEntry, target: Target, outcome: RunOutcome) {
    self.name = name
    place = Place(design, target)
    self.outcome = outcome
  }

  package var design: ReportEntry {
    get { place.design }
    set { place = Place(newValue) }
  }

  /// The unit of comparison of the run.
  package var target: Target { place.target }

  /// Shared by all copies of a run, since pairs and figures hold many.
  private final class Place: Hashable, Sendable {
    let design: ReportEntry
    let target: Target

    init(_ design: ReportEntry, _ target: Target? = nil) {
      self.design = design
      self.target = target ?? Target(design)
    }

    static func == (first: Place, second: Place) -> Bool {
      first === second || first.design == second.design
    }

    func hash(into hasher: inout Hasher) { hasher.combine(design) }
  }

  /// The reported accuracy; `nil` for a run that did not train, diverged, or is missing.
  package var top1: Double? {
    if case .measured(let measure) = outcome { measure.top1 } else { nil }
  }

  /// What was measured, whether or not the network trained.
  package var measure: Measure? {
    switch outcome {
    case .measured(let measure), .atChance(let measure): measure
    case .diverged, .missing: nil
    }
  }
}

/// The outcome of a run.
package enum RunOutcome: Hashable, Sendable {
  case measured(Measure)
  /// Still at chance at the end of training: it did not train.
  case atChance(Measure)
  /// The loss became non-finite; with the message.
  case diverged(String)
  /// There is no result; with the reason.
  case missing(String)
}

/// The score of a network.
package struct Measure: Hashable, Sendable {
  /// Fraction of images whose class was the top prediction.
  package var top1: Double
  /// Images measured; `nil` if unknown.
  package var images: Int?
  /// The rule of the score: `final`, `mean of best 10 on test`.
  package var rule: String
  /// Whether the score is of the measurements that were best on the reported images themselves, and therefore better
  /// than on new images.
  package var isSelectedOnItself: Bool

  /// The rule of scores that do not state one.
  static let unknownRule = "not stated"

  package init(
    top1: Double, images: Int?, rule: String = "final", isSelectedOnItself: Bool = false
  ) {
    self.top1 = top1
    self.images = images
    self.rule = rule
    self.isSelectedOnItself = isSelectedOnItself
  }
}
