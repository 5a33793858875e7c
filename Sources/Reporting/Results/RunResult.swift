import Planning

/// One run of a study: where it stands in the design, and what became of it.
package struct RunResult: Hashable, Sendable {
  /// The stage that measures it, or the run's name in the file it comes from.
  package var name: String
  private var place: Place
  package var outcome: RunOutcome

  package init(name: String, design: ReportEntry, outcome: RunOutcome) {
    self.name = name
    place = Place(design)
    self.outcome = outcome
  }

  package var design: ReportEntry {
    get { place.design }
    set { place = Place(newValue) }
  }

  /// What the run is compared within.
  package var target: Target { place.target }

  /// Shared by all copies of a run: pairs and figures hold many.
  private final class Place: Hashable, Sendable {
    let design: ReportEntry
    let target: Target

    init(_ design: ReportEntry) {
      self.design = design
      target = Target(design)
    }

    static func == (first: Place, second: Place) -> Bool {
      first === second || first.design == second.design
    }

    func hash(into hasher: inout Hasher) { hasher.combine(design) }
  }

  /// The accuracy that counts; `nil` for a run that did not train, diverged, or is missing.
  package var top1: Double? {
    if case .measured(let measure) = outcome { measure.top1 } else { nil }
  }

  /// What was measured, of a network that trained or not.
  package var measure: Measure? {
    switch outcome {
    case .measured(let measure), .atChance(let measure): measure
    case .diverged, .missing: nil
    }
  }
}

/// What became of a run.
package enum RunOutcome: Hashable, Sendable {
  case measured(Measure)
  /// It was still at chance when its training was done: it did not train.
  case atChance(Measure)
  /// Its loss stopped being a number; and what was said of it.
  case diverged(String)
  /// There is no result; and why.
  case missing(String)
}

/// How well a network did.
package struct Measure: Hashable, Sendable {
  /// Fraction of images whose class was the network's first guess.
  package var top1: Double
  /// Images measured; `nil` where that is not known.
  package var images: Int?
  /// What the score is taken from: `final`, `mean of best 10 on test`.
  package var rule: String
  /// Whether the score is of those measurements that were best on the very images it tells of, so that it
  /// is better than new images would give.
  package var isSelectedOnItself: Bool

  /// The rule of scores that do not state theirs.
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
