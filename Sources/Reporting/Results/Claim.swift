/// A possible claim of a verdict, and the outcome of its test.
package struct Claim: Hashable, Sendable {
  package enum Subject: String, Hashable, Sendable {
    /// base − AnB is above zero at n.
    case cost
    /// base − AnB is below zero at n.
    case gain
    /// base − BnB and BnB − AnB differ at n, given a cost: which part of the cost is larger.
    case dominance
    /// AnB+ − base, mean over all n.
    case fineTuning = "fine-tuning"
    /// AnB+ − BnB+, mean over all n.
    case otherTask = "other-task"
    /// base − RnB is above zero at n.
    case randomFilters = "random-filters"
  }

  package var subject: Subject
  /// `nil` for a mean over several n.
  package var depth: Int?
  /// The difference in question.
  package var estimate: Estimate
  /// The p-value; two-sided if either sign could be claimed.
  package var chance: Double
  /// The level at which it was tested within the family.
  package var level: Double
  /// Whether the verdict makes the claim.
  package var holds: Bool
}

extension Claim {
  /// The maximum probability of any false claim in the verdict of an experiment.
  package static let familyLevel = 0.05

  /// Every claim that the runs of an experiment can test.
  static func tested(in experiment: Experiment) -> [Claim] {
    // As in tens of thousands of experiments of a single run.
    guard experiment.base != nil || experiment.series.count > 1 else { return [] }
    var family = Family()
    let costs = experiment.testable(.transferCost)
    family.ask(.cost, costs.reversed(), .above)
    family.ask(.gain, costs, .below)
    family.ask(
      [(.fineTuning, ContrastKind.fineTuningGain), (.otherTask, .transferGain)].compactMap {
        subject, kind in
        experiment.meanOverDepths(kind).map { (subject, nil, $0) }
      }, .either)
    family.ask(.randomFilters, experiment.randomCosts.reversed(), .above)
    family.ask(.dominance, experiment.leads.reversed(), .either)
    return family.claims
  }

  /// Assigns shares of the level to the questions.
  ///
  /// The cost of transfer is tested from the deepest n upwards, since costs grow with n. Random filters cost so much
  /// that a small share suffices. The shares were chosen by their power in simulated studies (docs/statistics.md).
  private struct Family {
    typealias Tested = (subject: Subject, depth: Int?, estimate: Estimate)

    private var questions: [(tested: [Tested], question: TestFamily.Question)] = []

    mutating func ask(_ subject: Subject, _ points: [DepthEstimate], _ side: Estimate.Side) {
      ask(points.map { (subject, $0.depth, $0.estimate) }, side)
    }

    mutating func ask(_ tested: [Tested], _ side: Estimate.Side) {
      let tested = tested.filter { $0.estimate.chance(side) != nil }
      guard let subject = tested.first?.subject else { return }
      let weight: (share: Double, first: Double) =
        switch subject {
        case .cost: (0.4, 0.8)
        case .fineTuning, .otherTask: (0.35, 0.6)
        case .gain: (0.1, 0.8)
        case .dominance: (0.1, 0.8)
        case .randomFilters: (0.05, 0.8)
        }
      let hypotheses = tested.map { tested in
        TestFamily.Hypothesis(
          chance: tested.estimate.chance(side) ?? 1,
          // Nothing is claimed unless the difference's own interval shows it.
          limit: side == .either ? 0.05 : 0.025,
          gate: subject == .dominance ? position(.cost, tested.depth) : nil)
      }
      questions.append(
        (tested, .init(share: weight.share, first: weight.first, hypotheses: hypotheses)))
    }

    private func position(_ subject: Subject, _ depth: Int?) -> TestFamily.Position? {
      for (index, question) in questions.enumerated() {
        if let place = question.tested.firstIndex(where: {
          $0.subject == subject && $0.depth == depth
        }) {
          return TestFamily.Position(question: index, place: place)
        }
      }
      return nil
    }

    var claims: [Claim] {
      let family = TestFamily(level: Claim.familyLevel, questions: questions.map(\.question))
      return zip(questions, family.outcomes).flatMap { question, outcomes in
        zip(zip(question.tested, question.question.hypotheses), outcomes).map { tested, outcome in
          Claim(
            subject: tested.0.subject, depth: tested.0.depth, estimate: tested.0.estimate,
            chance: tested.1.chance, level: outcome.level, holds: outcome.isRejected)
        }
      }
    }
  }
}

/// An estimate at one n.
struct DepthEstimate {
  var depth: Int
  var estimate: Estimate
}

extension Experiment {
  /// The points of a contrast that have a pair, by ascending n.
  func estimates(_ kind: ContrastKind) -> [DepthEstimate] {
    (contrast(kind)?.points ?? []).compactMap { point in
      point.estimate.map { DepthEstimate(depth: point.depth, estimate: $0) }
    }
  }

  /// The points with an interval over independent units.
  func testable(_ kind: ContrastKind) -> [DepthEstimate] {
    estimates(kind).filter { $0.estimate.method == .student }
  }

  /// The mean of a contrast over all n, as in the table of boosts.
  func meanOverDepths(_ kind: ContrastKind) -> Estimate? {
    boosts.first { $0.kind == kind }?.paired
  }

  /// Whether the verdict claims a difference at one n. Where there is only one, its mean over all n is that difference.
  func claims(_ kind: ContrastKind, at depth: Int) -> Bool {
    verdict.claims(kind, at: depth)
      || estimates(kind).map(\.depth) == [depth] && verdict.claims(kind, at: nil)
  }

  /// base − RnB, by ascending n.
  var randomCosts: [DepthEstimate] {
    guard let random = series(.random), let base else { return [] }
    let reference = PairingSide(base.runs)
    return random.points.compactMap { point in
      Estimate(of: Pairing(reference, minus: PairingSide(point.runs)).pairs).map {
        DepthEstimate(depth: point.depth, estimate: $0)
      }
    }
  }

  /// Lost co-adaptation minus specificity, by ascending n.
  var leads: [DepthEstimate] {
    depths.compactMap { depth in
      CostParts(self, at: depth)?.lead.map { DepthEstimate(depth: depth, estimate: $0) }
    }
  }
}

/// The two parts of the cost of frozen transfer, on the targets that have base, BnB and AnB at one n.
struct CostParts {
  private let parts: [(loss: ContrastPoint.Pair, specificity: ContrastPoint.Pair)]

  /// `nil` if no target has all three.
  init?(_ experiment: Experiment, at depth: Int) {
    func point(_ kind: ContrastKind) -> ContrastPoint? {
      experiment.contrast(kind)?.points.first { $0.depth == depth }
    }
    guard let losses = point(.lostCoadaptation), let specificities = point(.specificity) else {
      return nil
    }
    let byTarget = Dictionary(
      specificities.pairs.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    parts = losses.pairs.compactMap { loss in byTarget[loss.target].map { (loss, $0) } }
    if parts.isEmpty { return nil }
  }

  var targets: Int { parts.count }

  var lostCoadaptation: Double {
    parts.reduce(0) { $0 + $1.loss.difference } / Double(parts.count)
  }

  var specificity: Double {
    parts.reduce(0) { $0 + $1.specificity.difference } / Double(parts.count)
  }

  /// Lost co-adaptation − specificity.
  var lead: Estimate? {
    let observations = parts.map { loss, specificity in
      // The selffer counts twice: base − 2 BnB + AnB.
      let rounding =
        loss.minuends.rounding + 4 * loss.subtrahends.rounding
        + specificity.subtrahends.rounding
      return Observation(loss.difference - specificity.difference, rounding: rounding)
    }
    return Estimate(observations, units: IndependentUnits(of: parts.map(\.loss)))
  }
}
