import Planning

/// What the difference between two treatments tells.
package enum ContrastKind: String, Hashable, Sendable, CaseIterable {
  /// base − BnB: layers above n cannot learn again what they did together with those below.
  case lostCoadaptation = "lost-co-adaptation"
  /// BnB − AnB: the copied features are A's.
  case specificity
  /// base − AnB: both together.
  case transferCost = "transfer-cost"
  /// AnB+ − base.
  case fineTuningGain = "fine-tuning-gain"
  /// AnB+ − BnB+: the same, without what training longer gives.
  case transferGain = "transfer-gain"
  /// BnB+ − base: what copying and training on gives without another task.
  case selfferGain = "selffer-gain"

  package var minuend: Treatment {
    switch self {
    case .lostCoadaptation, .transferCost: .base
    case .specificity: .selffer
    case .fineTuningGain, .transferGain: .transferFineTuned
    case .selfferGain: .selfferFineTuned
    }
  }

  package var subtrahend: Treatment {
    switch self {
    case .lostCoadaptation: .selffer
    case .specificity, .transferCost: .transfer
    case .fineTuningGain, .selfferGain: .base
    case .transferGain: .selfferFineTuned
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
    }
  }
}

/// Differences of two treatments, each on one target.
package struct Contrast: Sendable {
  package var kind: ContrastKind
  /// By ascending n.
  package var points: [ContrastPoint]
}

/// A contrast at one n.
package struct ContrastPoint: Sendable {
  /// Two runs on one target.
  package struct Pair: Hashable, Sendable {
    package var target: Target
    package var minuend: RunResult
    package var subtrahend: RunResult
    /// minuend − subtrahend
    package var difference: Double
  }

  package var depth: Int
  package var pairs: [Pair]
  /// The mean difference; `nil` without a pair.
  package var estimate: Estimate?
  /// Targets that only the other side has a trained network of.
  package var missingMinuend: [Target]
  package var missingSubtrahend: [Target]
}
