import Definitions
import Planning

/// The meaning of the difference between two treatments.
package enum ContrastKind: Hashable, Sendable {
  /// base − BnB: layers above n cannot relearn their co-adaptation with those below.
  case lostCoadaptation
  /// BnB − AnB: the copied features are A's.
  case specificity
  /// base − AnB: both together.
  case transferCost
  /// AnB+ − base.
  case fineTuningGain
  /// AnB+ − BnB+: the same, without the effect of longer training.
  case transferGain
  /// BnB+ − base: the effect of copying and further training without another task.
  case selfferGain
  /// A treatment in phases − the same trained at once: AnB+ (lp-ft) − AnB+.
  case phases(Treatment)

  /// Those of the paper's treatments.
  package static let paper: [ContrastKind] = [
    .lostCoadaptation, .specificity, .transferCost, .fineTuningGain, .transferGain, .selfferGain,
  ]

  /// All contrasts that treatments can have.
  static func all(of treatments: some Sequence<Treatment>) -> [ContrastKind] {
    paper + treatments.filter { $0.phases != nil }.map { .phases($0) }
  }

  /// The name in files.
  package var name: String {
    switch self {
    case .lostCoadaptation: "lost-co-adaptation"
    case .specificity: "specificity"
    case .transferCost: "transfer-cost"
    case .fineTuningGain: "fine-tuning-gain"
    case .transferGain: "transfer-gain"
    case .selfferGain: "selffer-gain"
    case .phases: "phases"
    }
  }

  package var minuend: Treatment {
    switch self {
    case .lostCoadaptation, .transferCost: .base
    case .specificity: .selffer
    case .fineTuningGain, .transferGain: .transferFineTuned
    case .selfferGain: .selfferFineTuned
    case .phases(let treatment): treatment
    }
  }

  package var subtrahend: Treatment {
    switch self {
    case .lostCoadaptation: .selffer
    case .specificity, .transferCost: .transfer
    case .fineTuningGain, .selfferGain: .base
    case .transferGain: .selfferFineTuned
    case .phases(let treatment): treatment.atOnce
    }
  }

  /// `base − BnB`
  package var formula: String {
    func name(_ treatment: Treatment) -> String {
      treatment == .base ? "base" : treatment.label
    }
    return "\(name(minuend)) − \(name(subtrahend))"
  }

  package var title: String {
    switch self {
    case .lostCoadaptation: "lost co-adaptation"
    case .specificity: "specificity"
    case .transferCost: "cost of transfer"
    case .fineTuningGain: "gain of fine-tuned transfer"
    case .transferGain: "gain from the other task"
    case .selfferGain: "gain of fine-tuned selffer"
    case .phases: "effect of phases"
    }
  }
}

/// Differences between two treatments, each on one target.
package struct Contrast: Sendable {
  package var kind: ContrastKind
  /// By ascending n.
  package var points: [ContrastPoint]
}

/// A contrast at one n.
package struct ContrastPoint: Sendable {
  /// The runs of two treatments that trained on one target, usually one each. If several runs of a treatment cannot
  /// be distinguished, it is unknown which belong together, so their means are compared.
  package struct Pair: Hashable, Sendable {
    package var target: Target
    /// Never empty.
    package var minuends: [RunResult]
    /// Never empty.
    package var subtrahends: [RunResult]
    /// The mean accuracy of the minuends − that of the subtrahends.
    package var difference: Double

    /// The variance of the difference that rounding to whole images removes.
    var rounding: Double { minuends.rounding + subtrahends.rounding }

    /// `nil` if either side has no run that trained.
    init?(target: Target, minuends: [RunResult], subtrahends: [RunResult]) {
      guard let first = Pair.mean(minuends), let second = Pair.mean(subtrahends) else {
        return nil
      }
      self.target = target
      self.minuends = minuends
      self.subtrahends = subtrahends
      difference = first - second
    }

    private static func mean(_ runs: [RunResult]) -> Double? {
      var (sum, count) = (0.0, 0)
      for run in runs {
        guard let top1 = run.top1 else { continue }
        sum += top1
        count += 1
      }
      return count == 0 ? nil : sum / Double(count)
    }

    /// `run 3 − run 1, run 2`
    package var name: String { "\(Pair.names(minuends)) − \(Pair.names(subtrahends))" }

    package static func names(_ runs: [RunResult]) -> String {
      let shown = runs.prefix(4).map(\.name).joined(separator: ", ")
      return runs.count > 4 ? "\(shown) and \(runs.count - 4) more" : shown
    }
  }

  package var depth: Int
  package var pairs: [Pair]
  /// The mean difference; `nil` without a pair.
  package var estimate: Estimate?
  /// Targets for which only the other side has a network that trained.
  package var missingMinuend: [Target]
  package var missingSubtrahend: [Target]
}
