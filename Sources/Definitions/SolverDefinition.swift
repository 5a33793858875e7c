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

/// The numbers whose products training computes; sums, weights and everything else are in single precision.
package enum Precision: String, CaseIterable, Hashable, Sendable {
  case single = "fp32"
  /// In the convolutions and dense layers that a backward pass reaches.
  case bfloat16 = "bf16"
}

/// How a network is trained.
package struct SolverDefinition: Hashable, Sendable {
  /// Images per step. An epoch's last batch is the remainder.
  package var batch: Int
  /// The number of images computed at once, below `batch`: the gradient of a step is the sum over such parts of its
  /// batch, in order. `nil` for the whole batch.
  package var part: Int?
  package var length: TrainingLength
  package var rule: UpdateRule
  /// The factor on ½‖w‖² (weight decay).
  package var decay: Double
  /// The same factor for copied layers that learn, on ½‖w − w₀‖² instead, where w₀ is what was copied (L2-SP: Li,
  /// Grandvalet and Davoine 2018). `nil` if they decay as others do.
  package var decayTowardSource: Double?
  package var rate: RateSchedule
  /// The factor on the rate from one layer to the next, from the last layer down; 1 for the same rate.
  package var layerDecay: Double
  /// The greatest norm of the gradient over all learning parameters; a longer one is scaled down to it.
  package var clip: Double?
  /// The share of a target that is spread evenly over all classes (Szegedy et al. 2016).
  package var labelSmoothing: Double
  /// The length at the end of training over which weights are averaged, after each epoch or each step by its unit;
  /// `nil` for those after the last step.
  package var average: TrainingLength?
  package var precision: Precision

  package init(
    batch: Int, part: Int? = nil, length: TrainingLength, rule: UpdateRule = .momentum(0),
    decay: Double = 0, decayTowardSource: Double? = nil, rate: RateSchedule,
    layerDecay: Double = 1, clip: Double? = nil, labelSmoothing: Double = 0,
    average: TrainingLength? = nil, precision: Precision = .single
  ) {
    self.batch = batch
    self.part = part
    self.length = length
    self.rule = rule
    self.decay = decay
    self.decayTowardSource = decayTowardSource
    self.rate = rate
    self.layerDecay = layerDecay
    self.clip = clip
    self.labelSmoothing = labelSmoothing
    self.average = average
    self.precision = precision
  }

  /// Of few settings, which tell most solvers apart: plans hash that of every stage. The rest is compared.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(batch)
    hasher.combine(length)
    hasher.combine(rate.start)
    hasher.combine(decay)
  }

  /// The number of images computed at once.
  package var imagesAtOnce: Int { part ?? batch }

  /// The factor on the rate of a layer, counted from 0. Only the position counts: freezing other layers does not
  /// change it.
  package func rateFactor(ofLayer layer: Int, of layers: Int) -> Double {
    var factor = 1.0
    for _ in 0..<max(0, layers - 1 - layer) { factor *= layerDecay }
    return factor
  }

  /// How many averaged weights there are after this number of steps: those after each of the last epochs or steps, and
  /// after the very last one.
  ///
  /// - Parameters: as for `RateSchedule.rate(at:perEpoch:length:)`.
  package func averaged(after steps: Int, perEpoch: Int, length: Int) -> Int {
    let unit: Int
    let first: Int
    switch average {
    case nil: return 0
    case .iterations(let count): (unit, first) = (1, length - min(count, length))
    case .epochs(let count):
      unit = max(1, perEpoch)
      let (covered, overflow) = count.multipliedReportingOverflow(by: unit)
      first = length - (overflow ? length : min(covered, length))
    }
    let whole = max(0, steps / unit - first / unit)
    return whole + (steps == length && length % unit != 0 ? 1 : 0)
  }

  /// What training holds for each learning value, beyond the value itself.
  package var memory: LearningMemory {
    // The gradients of a whole step are needed where they are summed over parts or scaled by their norm; what pulls
    // towards the source is added after that.
    let isGathered = part != nil || clip != nil || decayTowardSource != nil
    return LearningMemory(
      state: rule.buffers.count, holdsGradient: isGathered, holdsSource: decayTowardSource != nil)
  }
}

/// What training holds in memory for each learning value.
package struct LearningMemory: Hashable, Sendable {
  /// The number of buffers of the update rule, which are saved with the weights.
  package var state: Int
  /// Whether the gradient of all parameters is held until the step.
  package var holdsGradient: Bool
  /// Whether the copied value is held as well.
  package var holdsSource: Bool

  package init(state: Int, holdsGradient: Bool = false, holdsSource: Bool = false) {
    self.state = state
    self.holdsGradient = holdsGradient
    self.holdsSource = holdsSource
  }

  /// Floats for each learning value.
  var floats: Int { state + (holdsGradient ? 1 : 0) + (holdsSource ? 1 : 0) }
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
  /// Cosine in cycles, each `by` times as long as the one before, and each from the start again (SGDR: Loshchilov and
  /// Hutter 2017).
  case restarts(every: TrainingLength, by: Int, end: Double)
  /// Up to `peak` within the share `rise` of all steps, then down to `end`, each along half a cosine (Smith and Topin
  /// 2018, as PyTorch's `OneCycleLR` has it).
  case oneCycle(peak: Double, rise: Double, end: Double)
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
    var entries: [String: Value] = [
      "batch": .integer(batch), "length": length.value, "decay": .number(decay),
      "rate": rate.value,
    ]
    // Defaults are left out.
    entries["steps-of"] = part.map(Value.integer)
    entries["toward-source"] = decayTowardSource.map(Value.number)
    if layerDecay != 1 { entries["layer-decay"] = .number(layerDecay) }
    entries["clip"] = clip.map { ["norm": .number($0)] }
    entries["average"] = average?.value
    if precision != .single { entries["precision"] = .string(precision.rawValue) }
    if labelSmoothing != 0 { entries["label-smoothing"] = .number(labelSmoothing) }
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
    case .restarts(let every, let by, let end):
      ["restarts": ["every": every.value, "by": .integer(by), "end": .number(end)]]
    case .oneCycle(let peak, let rise, let end):
      ["one-cycle": ["peak": .number(peak), "rise": .number(rise), "end": .number(end)]]
    }
  }
}
