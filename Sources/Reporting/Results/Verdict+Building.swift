import Basics

extension Verdict {
  init(_ experiment: Experiment) {
    let claims = Claim.tested(in: experiment)
    self.init(claims: claims, sentences: [])
    var writer = VerdictWriter(experiment: experiment, verdict: self)
    writer.write()
    sentences = writer.sentences
  }
}

/// Writes a verdict, sentence by sentence: what holds as claims, everything else as inconclusive, with the difference
/// that the design would have detected.
private struct VerdictWriter {
  let experiment: Experiment
  let verdict: Verdict
  var sentences: [String] = []

  init(experiment: Experiment, verdict: Verdict) {
    self.experiment = experiment
    self.verdict = verdict
  }

  mutating func write() {
    writeTransfer()
    writeFineTuning()
    writeOtherTask()
    writeRandomFilters()
    writePhases()
    writeFamily()
  }

  private mutating func say(_ sentence: String) { sentences.append(sentence) }

  // MARK: - Frozen transfer

  private mutating func writeTransfer() {
    let estimates = experiment.estimates(.transferCost)
    guard !estimates.isEmpty else { return writeWhyCostIsUnknown() }
    let tested = estimates.filter { $0.estimate.method == .student }
    guard !tested.isEmpty else { return writeSingleRuns(estimates) }
    let costs = verdict.depths(.cost)
    let gains = verdict.depths(.gain)
    if !costs.isEmpty {
      let shown = tested.filter { costs.contains($0.depth) }
      say(
        "Frozen transfer (AnB) costs accuracy at n=\(ranges(costs)): "
          + "\(ends(shown, "points of top-1 accuracy")) (base − AnB).")
      writeDominance(at: costs)
    }
    if !gains.isEmpty {
      let shown = tested.filter { gains.contains($0.depth) }.map {
        DepthEstimate(depth: $0.depth, estimate: $0.estimate.negated)
      }
      say(
        "Frozen transfer (AnB) is better than the base at n=\(ranges(gains)): "
          + "\(ends(shown, "points of top-1 accuracy")) (AnB − base).")
    }
    writeInconclusive(tested.filter { !costs.contains($0.depth) && !gains.contains($0.depth) })
  }

  private mutating func writeWhyCostIsUnknown() {
    if experiment.series.isEmpty {
      say("There are base networks only, so there is nothing to compare.")
    } else if experiment.series.allSatisfy({ $0.treatment == .base }) {
      say(
        "There are base networks only, trained in several ways; their differences are not tested.")
    } else if experiment.series(.transfer) == nil {
      say("There is no frozen transfer (AnB), so the cost of transfer is unknown.")
    } else {
      say(
        "No target has both a base network and a frozen transfer (AnB) that trained, so the cost of "
          + "transfer is unknown.")
    }
  }

  private mutating func writeInconclusive(_ open: [DepthEstimate]) {
    guard let deepest = open.last,
      let most = open.max(by: { $0.estimate.mean.magnitude < $1.estimate.mean.magnitude })
    else { return }
    let amount =
      "\(most.estimate.pointsText) points at n=\(most.depth) (base − AnB, "
      + "\(pairs(most.estimate)))"
    var sentence =
      verdict.depths(.cost).isEmpty && verdict.depths(.gain).isEmpty
      ? "Whether frozen transfer (AnB) costs accuracy is inconclusive: no difference from the base is "
        + "established at any n. The largest difference is \(amount)"
      : "At n=\(ranges(open.map(\.depth))) no difference is established; the largest is \(amount)"
    if let claim = claim(.cost, deepest.depth) { sentence += power(claim) }
    say(sentence + ".")
    let alone = open.filter { $0.estimate.isAboveZero || $0.estimate.isBelowZero }.map(\.depth)
    if !alone.isEmpty {
      say(
        "At n=\(ranges(alone)) the 95 % interval by itself excludes zero, which is not enough when all "
          + "claims are tested together.")
    }
    writeMoreUnits(deepest)
  }

  /// The effect of more seeds or divisions, if there are few.
  private mutating func writeMoreUnits(_ point: DepthEstimate) {
    let units = point.estimate.units
    guard units < 4 else { return }
    let now = point.estimate.halfWidth(units: units)
    let then = point.estimate.halfWidth(units: 5)
    guard now > 0 else { return }
    say(
      "\(units == 2 ? "Two" : "Three") independent pairs give wide intervals: with the same spread, five "
        + "would narrow the one at n=\(point.depth) from ±\(fixed(100 * now, decimals: 1)) to "
        + "±\(fixed(100 * then, decimals: 1)) points.")
  }

  /// Differences without an interval over independent units, and how to obtain one.
  private mutating func writeSingleRuns(_ estimates: [DepthEstimate]) {
    guard
      let most = estimates.max(by: { $0.estimate.mean.magnitude < $1.estimate.mean.magnitude })
    else { return }
    let isSingle = estimates.allSatisfy { $0.estimate.count == 1 }
    let pooled = (experiment.contrast(.transferCost)?.points ?? []).contains { point in
      point.pairs.contains { $0.minuends.count > 1 || $0.subtrahends.count > 1 }
    }
    let why =
      if !isSingle {
        "all pairs at one n share a base network"
      } else if pooled {
        "it is unknown which runs of the treatments belong together, so their means are one pair"
      } else {
        "there is one run of each treatment at each n"
      }
    var sentence = "Whether frozen transfer (AnB) costs accuracy is inconclusive: \(why)"
    sentence +=
      ". The largest difference is \(difference(most.estimate)) at n=\(most.depth) (base − AnB"
    sentence += isSingle ? ")" : ", \(pairs(most.estimate)))"
    if most.estimate.method == .binomial {
      sentence +=
        most.estimate.exceedsSampling
        ? ", larger than the choice of test images explains"
        : ", which the choice of test images may explain"
    }
    say(sentence + ".")
    say(
      "Claims need pairs that are independent: runs with other seeds and a base network of their own, or on "
        + "other divisions of the classes.")
  }

  // MARK: - Parts of the cost

  private mutating func writeDominance(at costs: [Int]) {
    guard experiment.series(.selffer) != nil else {
      say("Without frozen selffers (BnB), the reason for the cost is unknown.")
      return
    }
    var depths: [Verdict.Dominance: [Int]] = [:]
    var unknown: [Int] = []
    for depth in costs {
      if let dominance = verdict.dominance(at: depth) {
        depths[dominance, default: []].append(depth)
      } else {
        unknown.append(depth)
      }
    }
    if let depths = depths[.coadaptation] {
      say("The larger part of it is lost co-adaptation at n=\(ranges(depths)) \(parts(depths)).")
    }
    if let depths = depths[.specificity] {
      say(
        "The larger part of it is specificity to the other task at n=\(ranges(depths)) "
          + "\(parts(depths)).")
    }
    if let depths = depths[.undecided] {
      say("Which part is larger is inconclusive at n=\(ranges(depths)) \(parts(depths)).")
    }
    if !unknown.isEmpty {
      say(
        "At n=\(ranges(unknown)) too few targets have base, BnB and AnB networks to compare the parts of "
          + "the cost.")
    }
  }

  /// `(n=7: lost co-adaptation −0.00, specificity +8.25 points on 4 targets)`, for the deepest n.
  private func parts(_ depths: [Int]) -> String {
    guard let depth = depths.last, let parts = CostParts(experiment, at: depth) else { return "" }
    return "(n=\(depth): lost co-adaptation \(points(parts.lostCoadaptation)), specificity "
      + "\(points(parts.specificity)) points on \(parts.targets) target"
      + "\(parts.targets == 1 ? "" : "s"))"
  }

  // MARK: - Fine-tuning

  private mutating func writeFineTuning() {
    guard experiment.series(.transferFineTuned) != nil else { return }
    guard let estimate = experiment.meanOverDepths(.fineTuningGain) else {
      say(
        "No target has both a base network and a fine-tuned transfer (AnB+) that trained, so the effect of "
          + "fine-tuning is unknown.")
      return
    }
    let about = "\(difference(estimate)) (AnB+ − base, \(sample(estimate, .fineTuningGain)))"
    switch verdict.fineTuning {
    case .exceeds: say("Fine-tuned transfer (AnB+) is better than the base: \(about).")
    case .fallsShort: say("Fine-tuned transfer (AnB+) is worse than the base: \(about).")
    case .undecided:
      var sentence = "Fine-tuned transfer (AnB+) against the base is inconclusive: \(about)"
      sentence += limits(estimate, loss: "a loss", gain: "a gain")
      if let claim = claim(.fineTuning, nil) { sentence += power(claim) }
      say(sentence + ".")
    case nil:
      say("Fine-tuned transfer (AnB+) differs from the base by \(about); this supports no claim.")
    }
  }

  /// Whether a gain is due to the other task: fine-tuned selffers also gain from further training.
  private mutating func writeOtherTask() {
    guard experiment.series(.transferFineTuned) != nil else { return }
    guard experiment.series(.selfferFineTuned) != nil else {
      say(
        "Without fine-tuned selffers (BnB+), a gain of the other task and one of further training cannot be "
          + "distinguished.")
      return
    }
    guard let estimate = experiment.meanOverDepths(.transferGain) else {
      var sentence =
        "AnB+ and BnB+ have no target in common, so what the other task adds is unknown"
      if let transfer = experiment.meanOverDepths(.fineTuningGain),
        let selffer = experiment.meanOverDepths(.selfferGain)
      {
        sentence +=
          "; AnB+ differs from the bases of its own targets by \(difference(transfer)), BnB+ by "
          + difference(selffer)
      }
      return say(sentence + ".")
    }
    let about = "\(difference(estimate)) (AnB+ − BnB+, \(sample(estimate, .transferGain)))"
    guard let claim = claim(.otherTask, nil) else {
      say(
        "Fine-tuned transfer differs from fine-tuned selffers (BnB+) by \(about); this supports no claim."
      )
      return
    }
    if claim.holds {
      say(
        estimate.mean > 0
          ? "The other task adds to what further training gives: \(about)."
          : "Layers from the other task give less than the target's own (BnB+): \(about).")
    } else {
      say(
        "Whether the other task adds to what further training gives is inconclusive: \(about)"
          + limits(estimate, loss: "a loss", gain: "a gain") + power(claim) + ".")
    }
  }

  // MARK: - Random filters

  private mutating func writeRandomFilters() {
    guard let random = experiment.series(.random) else { return }
    let costs = experiment.randomCosts
    let held = verdict.depths(.randomFilters)
    let claimed = costs.filter { held.contains($0.depth) }
    let others = costs.filter { !held.contains($0.depth) }
    if !claimed.isEmpty {
      say(
        "Random frozen layers (RnB) cost accuracy at n=\(ranges(held)): \(ends(claimed, "points")) "
          + "(base − RnB).")
    }
    if !others.isEmpty {
      let isTested = others.contains { $0.estimate.method == .student }
      let alone = others.contains { $0.estimate.isAboveZero || $0.estimate.isBelowZero }
      say(
        "Random frozen layers (RnB) differ from the base by \(ends(others, "points")) (base − RnB); "
          + (isTested ? "this is inconclusive" : "this supports no claim")
          + (alone
            ? ", since the 95 % interval by itself excludes zero, which is not enough when all claims are "
              + "tested together." : "."))
    }
    let untrained = random.points.filter { !$0.untrained.isEmpty && $0.values.isEmpty }.map(\.depth)
    if !untrained.isEmpty {
      say("With random frozen layers the network did not train at n=\(ranges(untrained)).")
    }
  }

  private mutating func writeFamily() {
    guard verdict.claims.contains(where: \.holds) else { return }
    say("All claims made here are tested together at a family-wise level of 5 %.")
  }

  // MARK: - Words

  private func claim(_ subject: Claim.Subject, _ depth: Int?) -> Claim? {
    verdict.claims.first { $0.subject == subject && $0.depth == depth }
  }

  /// The first and the last of points by n: `+0.62 [+0.33, +0.92] points at n=3 (8 pairs) and …`.
  private func ends(_ shown: [DepthEstimate], _ unit: String) -> String {
    guard let first = shown.first, let last = shown.last else { return "" }
    var text = "\(first.estimate.pointsText) \(unit) at n=\(first.depth)"
    if last.depth > first.depth {
      text += " and \(last.estimate.pointsText) at n=\(last.depth)"
      if first.estimate.count != last.estimate.count {
        return text + ", \(pairs(first.estimate)) and \(pairs(last.estimate))"
      }
    }
    return text + ", \(pairs(last.estimate))"
  }

  /// Treatments in phases against the same trained at once: reported, but not among the claims that are tested.
  private mutating func writePhases() {
    for contrast in experiment.contrasts {
      guard case .phases = contrast.kind,
        let estimate = Estimate(of: contrast.points.flatMap(\.pairs))
      else { continue }
      say(
        "\(contrast.kind.formula): \(difference(estimate)) (\(sample(estimate, contrast.kind))); phases are "
          + "described, not tested.")
    }
  }

  private func difference(_ estimate: Estimate) -> String { "\(estimate.pointsText) points" }

  /// `56 pairs in 8 independent units, mean over n=1–7`
  private func sample(_ estimate: Estimate, _ kind: ContrastKind) -> String {
    let depths = experiment.estimates(kind).map(\.depth)
    return pairs(estimate) + (depths.count == 1 ? ", n=" : ", mean over n=") + ranges(depths)
  }

  private func pairs(_ estimate: Estimate) -> String {
    if estimate.count == 1 { return "one pair" }
    if estimate.units == estimate.count { return "\(estimate.count) pairs" }
    return estimate.units == 1
      ? "\(estimate.count) pairs, not independent of each other"
      : "\(estimate.count) pairs in \(estimate.units) independent units"
  }

  /// What remains possible: `; a loss of up to 1.80 points and a gain of up to 0.95 remain compatible with
  /// the data`.
  private func limits(_ estimate: Estimate, loss: String, gain: String) -> String {
    switch (estimate.low < 0, estimate.high > 0) {
    case (true, true):
      "; \(loss) of up to \(magnitude(estimate.low)) points and \(gain) of up to "
        + "\(magnitude(estimate.high)) remain compatible with the data"
    default:
      "; the 95 % interval by itself excludes zero, which is not enough when all claims are tested together"
    }
  }

  /// The smallest true difference that the test of a claim detects with 80 % power, given the observed spread.
  private func power(_ claim: Claim) -> String {
    let isOneSided = claim.subject == .cost || claim.subject == .gain
    guard
      let difference = claim.estimate.detectable(
        level: isOneSided ? claim.level : claim.level / 2), difference > 0
    else { return "" }
    let what =
      (isOneSided ? "a cost" : "a difference")
    // Accuracies cannot differ by more.
    guard difference < 1 else {
      return "; no \(what.dropFirst(2)), however large, would be detected with 80 % power"
    }
    return "; with 80 % power this design detects \(what) of \(magnitude(difference)) points"
      + (claim.depth.map { " at n=\($0)" } ?? "")
  }

  private func magnitude(_ difference: Double) -> String {
    fixed(100 * difference.magnitude, decimals: 2)
  }
}
