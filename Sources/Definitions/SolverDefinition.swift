import Basics

/// A length of training, in passes over the data or in steps.
package enum TrainingLength: Hashable, Sendable {
  case epochs(Int)
  case iterations(Int)

  /// The number of steps, given the steps per epoch.
  package func iterations(perEpoch: Int) -> Int {
    switch self {
    case .epochs(let epochs): epochs * perEpoch
    case .iterations(let iterations): iterations
    }
  }
}

/// How a network is trained.
package struct SolverDefinition: Hashable, Sendable {
  /// Images per step. An epoch's last batch is the remainder.
  package var batch: Int
  package var length: TrainingLength
  package var rule: UpdateRule
  /// The factor on ½‖w‖² (weight decay).
  package var decay: Double
  package var rate: RateSchedule

  package init(
    batch: Int, length: TrainingLength, rule: UpdateRule = .momentum(0), decay: Double = 0,
    rate: RateSchedule
  ) {
    self.batch = batch
    self.length = length
    self.rule = rule
    self.decay = decay
    self.rate = rate
  }
}

/// The learning rate during training: a start, a policy, and a warm-up.
package struct RateSchedule: Hashable, Sendable {
  package var start: Double
  package var policy: RatePolicy
  /// The rate increases linearly from start / (steps + 1) over this length; the policy's step count includes the
  /// warm-up.
  package var warmUp: TrainingLength?

  package init(start: Double, policy: RatePolicy = .fixed, warmUp: TrainingLength? = nil) {
    self.start = start
    self.policy = policy
    self.warmUp = warmUp
  }
}

/// How the learning rate decreases (Caffe's `lr_policy`, and cosine after Loshchilov and Hutter 2017).
package enum RatePolicy: Hashable, Sendable {
  case fixed
  /// start · by^⌊i / every⌋
  case step(every: TrainingLength, by: Double)
  /// start · by^(number of `at` that i has reached)
  case multistep(at: [TrainingLength], by: Double)
  /// start · (1 − i / length)^power
  case polynomial(power: Double)
  /// start · by^i
  case exponential(by: Double)
  /// end + ½ (start − end) · (1 + cos(π · i / length))
  case cosine(end: Double)
}

extension TrainingLength: ValueConvertible {
  package var value: Value {
    switch self {
    case .epochs(let epochs): ["epochs": .integer(epochs)]
    case .iterations(let iterations): ["iterations": .integer(iterations)]
    }
  }
}

extension SolverDefinition: ValueConvertible {
  package var value: Value {
    let entries: [String: Value] = [
      "batch": .integer(batch), "length": length.value, "decay": .number(decay),
      "rate": rate.value,
    ]
    return .map(entries.merging(rule.settings) { $1 })
  }
}

extension RateSchedule: ValueConvertible {
  package var value: Value {
    ["start": .number(start), "policy": policy.value, "warm-up": warmUp?.value ?? .null]
  }
}

extension RatePolicy: ValueConvertible {
  package var value: Value {
    switch self {
    case .fixed: "fixed"
    case .step(let every, let by): ["step": ["every": every.value, "by": .number(by)]]
    case .multistep(let at, let by):
      ["multistep": ["at": .list(at.map(\.value)), "by": .number(by)]]
    case .polynomial(let power): ["polynomial": .number(power)]
    case .exponential(let by): ["exponential": .number(by)]
    case .cosine(let end): ["cosine": ["end": .number(end)]]
    }
  }
}
