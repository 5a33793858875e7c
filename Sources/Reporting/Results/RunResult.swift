import Planning

/// One run of a study: its place in the design, and its outcome.
package struct RunResult: Hashable, Sendable {
  private var content: Content

  package init(
    name: String, design: ReportEntry, outcome: RunOutcome, lineage: Lineage? = nil
  ) {
    content = Content(name, design, RunPlace(design), outcome, lineage)
  }

  /// The same for a run whose place is known.
  init(name: String, design: ReportEntry, place: RunPlace, outcome: RunOutcome) {
    content = Content(name, design, place, outcome, nil)
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

  /// The stage that measures it, or the run's name in its file.
  package var name: String {
    get { content.name }
    set { content = Content(newValue, design, place, outcome, lineage) }
  }

  package var design: ReportEntry {
    get { content.design }
    set { content = Content(name, newValue, RunPlace(newValue), outcome, lineage) }
  }

  /// The unit of comparison of the run.
  package var target: Target { content.place.target }

  var place: RunPlace { content.place }
  /// Runs of one cell and equal settings share a mean.
  var cell: Shared<ReportEntry.Cell> { content.place.cell }
  var settings: Shared<RunSettings> { content.place.variables.settings }

  /// The same for all copies of a run, and no other.
  var identity: ObjectIdentifier { ObjectIdentifier(content) }

  package var outcome: RunOutcome {
    get { content.outcome }
    set { content = Content(name, design, place, newValue, lineage) }
  }

  /// Which network was measured, and which its layers come from; `nil` for results of other tools.
  package var lineage: Lineage? {
    get { content.lineage }
    set { content = Content(name, design, place, outcome, newValue) }
  }

  /// Shared by all copies of a run, since pairs, points and figures hold many.
  private final class Content: Hashable, Sendable {
    let name: String
    let design: ReportEntry
    let place: RunPlace
    let outcome: RunOutcome
    let lineage: Lineage?
    /// Parts of the outcome that every mean asks for.
    let top1: Double?
    let rounding: Double

    init(
      _ name: String, _ design: ReportEntry, _ place: RunPlace, _ outcome: RunOutcome,
      _ lineage: Lineage?
    ) {
      self.name = name
      self.design = design
      self.place = place
      self.outcome = outcome
      self.lineage = lineage
      top1 = if case .measured(let measure) = outcome { measure.top1 } else { nil }
      rounding = outcome.measure?.rounding ?? 0
    }

    static func == (first: Content, second: Content) -> Bool {
      first === second
        || first.name == second.name && first.design == second.design
          && first.outcome == second.outcome && first.lineage == second.lineage
    }

    func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// The reported accuracy; `nil` for a run that did not train, diverged, or is missing.
  package var top1: Double? { content.top1 }

  /// What was measured, whether or not the network trained.
  package var measure: Measure? { outcome.measure }

  /// Whether there is an accuracy, of a network that trained or not.
  var isMeasured: Bool {
    switch outcome {
    case .measured, .atChance: true
    case .diverged, .missing: false
    }
  }

  /// The variance of the accuracy that rounding to whole images removes.
  var rounding: Double { content.rounding }
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

  fileprivate var measure: Measure? {
    switch self {
    case .measured(let measure), .atChance(let measure): measure
    case .diverged, .missing: nil
    }
  }
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
