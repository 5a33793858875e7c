import Basics

extension Verdict {
  init(_ experiment: Experiment, _ statistics: Statistics) {
    var writer = VerdictWriter(experiment: experiment, statistics: statistics)
    writer.write()
    self = writer.verdict
  }
}

/// Draws conclusions from an experiment's contrasts, sentence by sentence.
private struct VerdictWriter {
  let experiment: Experiment
  let statistics: Statistics
  var verdict = Verdict(sentences: [])

  init(experiment: Experiment, statistics: Statistics) {
    self.experiment = experiment
    self.statistics = statistics
  }

  mutating func write() {
    let costs = estimates(.transferCost)
    if costs.isEmpty {
      writeWhyNothingCanBeTold()
    } else {
      writeCost(costs)
    }
    writeRecovery(costs)
    writeRandomFilters()
    writeHedges()
  }

  private mutating func say(_ sentence: String) { verdict.sentences.append(sentence) }

  /// The contrast's points that have a pair.
  private func estimates(_ kind: ContrastKind) -> [(depth: Int, estimate: Estimate)] {
    (experiment.contrast(kind)?.points ?? []).compactMap { point in
      point.estimate.map { (point.depth, $0) }
    }
  }

  // MARK: - Cost of transfer

  private mutating func writeWhyNothingCanBeTold() {
    if experiment.series.isEmpty {
      say("There are base networks only: nothing is transferred, so there is nothing to compare.")
    } else if experiment.series(.transfer) == nil {
      say("There is no frozen transfer (AnB), so what transfer costs cannot be told.")
    } else {
      say(
        "No target has both a base network and a frozen transfer (AnB) that trained, so what transfer "
          + "costs cannot be told.")
    }
  }

  private mutating func writeCost(_ costs: [(depth: Int, estimate: Estimate)]) {
    if let first = costs.first(where: { $0.estimate.isAboveZero }) {
      verdict.firstCostlyDepth = first.depth
      say(
        "Transfer of frozen layers first costs more than its interval at n=\(first.depth): "
          + "\(text(first.estimate)) points of top-1 accuracy (base − AnB, \(pairs(first.estimate)))."
      )
      verdict.dominance = writeDominance(at: first.depth)
      if let last = costs.last, last.depth > first.depth {
        say("At n=\(last.depth) it costs \(text(last.estimate)) points (\(pairs(last.estimate))).")
        _ = writeDominance(at: last.depth)
      }
      let again = costs.filter { $0.depth > first.depth && !$0.estimate.isAboveZero }.map(\.depth)
      if !again.isEmpty {
        say("At n=\(ranges(again)), beyond it, the cost does not exceed its interval.")
      }
      return
    }
    guard let most = costs.max(by: { $0.estimate.mean < $1.estimate.mean }) else { return }
    let amount = "\(text(most.estimate)) points (base − AnB, \(pairs(most.estimate)))"
    if costs.contains(where: { $0.estimate.hasInterval }) {
      say(
        "At no n does transfer of frozen layers cost more than its interval; the most is \(amount) at "
          + "n=\(most.depth).")
    } else {
      say(
        "Single runs on an unknown number of images have no interval, so it cannot be told whether transfer "
          + "of frozen layers costs anything; the most is \(amount) at n=\(most.depth).")
    }
  }

  /// Says which part of the cost is the larger one; `nil` where that cannot be told.
  private mutating func writeDominance(at depth: Int) -> Verdict.Dominance? {
    guard let loss = point(.lostCoadaptation, depth), let specificity = point(.specificity, depth)
    else {
      say("Without frozen selffers (BnB), why cannot be told.")
      return nil
    }
    // On targets that have all three networks.
    let specific = Dictionary(
      specificity.pairs.map { ($0.target, $0) }, uniquingKeysWith: { first, _ in first })
    let parts = loss.pairs.compactMap { pair in
      specific[pair.target].map { (loss: pair, specificity: $0) }
    }
    guard let estimate = lead(parts) else {
      say("No target has base, BnB and AnB networks at n=\(depth), so why cannot be told.")
      return nil
    }
    let count = Double(parts.count)
    let amounts =
      "lost co-adaptation \(points(parts.reduce(0) { $0 + $1.loss.difference } / count)), specificity "
      + "\(points(parts.reduce(0) { $0 + $1.specificity.difference } / count)) points on "
      + (parts.count == 1 ? "one target" : "\(parts.count) targets")
    if estimate.isAboveZero {
      say("There lost co-adaptation dominates (\(amounts)).")
      return .coadaptation
    }
    if estimate.isBelowZero {
      say("There specificity to the other task dominates (\(amounts)).")
      return .specificity
    }
    say("Which part of it is the larger one, these runs cannot tell (\(amounts)).")
    return .undecided
  }

  /// By how much the loss of co-adaptation is the larger part; `nil` without a target that has both.
  private func lead(
    _ parts: [(loss: ContrastPoint.Pair, specificity: ContrastPoint.Pair)]
  ) -> Estimate? {
    if parts.count == 1, let base = parts[0].loss.minuend.measure,
      let selffer = parts[0].specificity.minuend.measure,
      let transfer = parts[0].specificity.subtrahend.measure
    {
      return Estimate(sum: [(1, base), (-2, selffer), (1, transfer)])
    }
    return statistics.mean(of: parts.map { $0.loss.difference - $0.specificity.difference })
  }

  private func point(_ kind: ContrastKind, _ depth: Int) -> ContrastPoint? {
    experiment.contrast(kind)?.points.first { $0.depth == depth }
  }

  // MARK: - Fine-tuning

  private mutating func writeRecovery(_ costs: [(depth: Int, estimate: Estimate)]) {
    guard experiment.series(.transferFineTuned) != nil else { return }
    let start = verdict.firstCostlyDepth ?? experiment.depths.first ?? 0
    guard let gain = gain(.fineTuningGain, from: start) else {
      say(
        "No target has both a base network and a fine-tuned transfer (AnB+) at n≥\(start), so whether "
          + "fine-tuning makes up for anything cannot be told.")
      return
    }
    let about =
      "\(text(gain.estimate)) points (AnB+ − base, \(pairs(gain.estimate)), \(over(gain.depths)))"
    let cost = costs.map(\.estimate.mean).max() ?? 0
    if gain.estimate.isBelowZero {
      verdict.recovery = .fallsShort
      say("Fine-tuned, transfer stays worse than the base: \(about).")
    } else if gain.estimate.isAboveZero {
      verdict.recovery = .exceeds
      say(
        (verdict.firstCostlyDepth == nil
          ? "Fine-tuned, transfer is better than the base: "
          : "Fine-tuning makes up for the cost, and more: ") + "\(about).")
    } else if gain.estimate.isTelling, verdict.firstCostlyDepth != nil, gain.estimate.low > -cost {
      verdict.recovery = .recovers
      say("Fine-tuning makes up for the cost, so far as these runs can tell: \(about).")
    } else {
      verdict.recovery = .undecided
      let isFew = gain.estimate.units < 3 && gain.estimate.method != .binomial
      say(
        isFew
          ? "Fine-tuned, transfer comes to \(about) against the base: too few targets to tell more."
          : "Whether fine-tuned transfer is better or worse than the base cannot be told: \(about)."
      )
    }
    writeControl()
  }

  /// The mean gain from an n on; for a single target with one n, that one's own estimate.
  private func gain(
    _ kind: ContrastKind, from start: Int
  ) -> (estimate: Estimate, depths: [Int])? {
    let points = (experiment.contrast(kind)?.points ?? []).filter {
      $0.depth >= start && !$0.pairs.isEmpty
    }
    let depths = points.map(\.depth)
    if points.count == 1 { return points[0].estimate.map { ($0, depths) } }
    return statistics.differenceOverDepths(points.flatMap(\.pairs)).map { ($0, depths) }
  }

  /// Whether the gain is the other task's: fine-tuned selffers gain from training on, too.
  private mutating func writeControl() {
    guard experiment.series(.selfferFineTuned) != nil else {
      say(
        "Without fine-tuned selffers (BnB+) it cannot be told whether a gain is the other task's or that "
          + "of training on.")
      return
    }
    let start = experiment.depths.first ?? 0
    if let over = gain(.transferGain, from: start) {
      let about = "\(text(over.estimate)) points (AnB+ − BnB+, \(pairs(over.estimate)))"
      if over.estimate.isAboveZero {
        say("The other task adds to what training on gives: \(about).")
      } else if over.estimate.isBelowZero {
        say("Training on without the other task gives more: \(about).")
      } else {
        say("That the other task adds to what training on gives cannot be told: \(about).")
      }
      return
    }
    var sentence =
      "AnB+ and BnB+ share no target, so whether the other task adds anything cannot be told"
    if let transfer = gain(.fineTuningGain, from: start),
      let selffer = gain(.selfferGain, from: start)
    {
      sentence +=
        "; against the base of its own target AnB+ gains \(text(transfer.estimate)) points, BnB+ "
        + "\(text(selffer.estimate))"
    }
    say(sentence + ".")
  }

  // MARK: - The rest

  private mutating func writeRandomFilters() {
    guard let random = experiment.series(.random), let base = experiment.base else { return }
    let losses = random.points.compactMap { point in
      statistics.difference(Pairing(base.runs, minus: point.runs).pairs).map { (point.depth, $0) }
    }
    guard let first = losses.first else { return }
    var sentence = "Random frozen layers cost \(text(first.1)) points at n=\(first.0)"
    if let last = losses.last, last.0 > first.0 {
      sentence += " and \(text(last.1)) at n=\(last.0)"
    }
    let untrained = random.points.filter { !$0.untrained.isEmpty && $0.values.isEmpty }.map(\.depth)
    if !untrained.isEmpty { sentence += "; at n=\(ranges(untrained)) the network did not train" }
    say(sentence + ".")
  }

  private mutating func writeHedges() {
    let estimates = experiment.contrasts.flatMap(\.points).compactMap(\.estimate)
    let counts = estimates.map(\.count)
    guard let fewest = counts.min(), let most = counts.max() else { return }
    if most == 1 {
      say(
        "All of this rests on one run each: another seed or another division of classes may turn it round."
      )
    } else if fewest < 5 {
      say(
        "Some intervals rest on fewer than five pairs, which makes them too narrow: treat what is close to "
          + "zero as undecided.")
    }
  }

  private func text(_ estimate: Estimate) -> String { estimate.pointsText }

  private func over(_ depths: [Int]) -> String {
    depths.count == 1 ? "n=\(depths[0])" : "mean over n=\(ranges(depths))"
  }

  private func pairs(_ estimate: Estimate) -> String {
    if estimate.count == 1 { return "one pair" }
    if estimate.units == estimate.count { return "\(estimate.count) pairs" }
    let targets = estimate.units == 1 ? "one target" : "\(estimate.units) targets"
    return "\(estimate.count) pairs on \(targets)"
  }
}
