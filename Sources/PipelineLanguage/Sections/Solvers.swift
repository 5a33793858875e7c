import Basics
import Definitions

/// Limits of solver settings.
enum SolverLimits {
  /// Images per step.
  static let batch = 1...1_000_000
  /// Epochs or iterations; limited so that products with batch sizes do not overflow.
  static let length = 1...1_000_000_000
}

extension SolverDefinition {
  /// Reads `{batch: …, epochs: …, momentum: …, decay: …, rate: …}`.
  static func read(_ name: String?, _ field: Field) -> SolverDefinition? {
    guard var reader = FieldReader(field, Subject("solver", name)) else { return nil }
    let batch = reader.required("batch") { $0.integer(in: SolverLimits.batch) }
    let lengthField = reader.one(of: ["epochs", "iterations"])
    let rule = reader.updateRule()
    let decay = reader.optional("decay", default: 0) { $0.number(.nonNegative) }
    var rateSpan = field.span
    let rate = reader.required("rate") {
      rateSpan = $0.span
      return RateSchedule.read($0)
    }
    let part = reader.optional("steps-of", default: Int?.none) { field in
      guard let part = field.integer(in: SolverLimits.batch) else { return nil }
      guard let batch, part > batch else { return .some(part) }
      field.report("'steps-of' must be at most 'batch', \(batch), not \(part)")
      return nil
    }
    let towardSource = reader.optional("toward-source", default: Double?.none) {
      $0.number(.nonNegative).map(Optional.some)
    }
    let layerDecay = reader.optional("layer-decay", default: 1) { $0.number(.weight) }
    let clip = reader.optional("clip", default: Double?.none) { field in
      if case .scalar = field.node {
        field.mismatch("a mapping such as {norm: 1}")
        return nil
      }
      guard var clip = FieldReader(field, Subject("'clip'")) else { return nil }
      defer { clip.finish() }
      return clip.required("norm") { $0.number(.positive) }.map(Optional.some)
    }
    let smoothing = reader.optional("label-smoothing", default: 0) { $0.number(.belowOne) }
    let average = reader.optional("average", default: TrainingLength?.none) {
      $0.length().map(Optional.some)
    }
    let precision = reader.optional("precision", default: .single) {
      $0.choice(Precision.self)
    }
    reader.finish()
    let length = lengthField.flatMap { field in
      field.integer(in: SolverLimits.length).map {
        field.name == "epochs" ? TrainingLength.epochs($0) : .iterations($0)
      }
    }
    guard let batch, let length, let rule, let decay, let rate, let part, let towardSource,
      let layerDecay, let clip, let smoothing, let average, let precision
    else { return nil }
    switch (rate.warmUp, length) {
    case (.epochs(let warmUp)?, .epochs(let all)) where warmUp >= all,
      (.iterations(let warmUp)?, .iterations(let all)) where warmUp >= all:
      field.context.diagnostics.warn(
        "the warm-up is as long as the training, or longer: the rate never reaches its start",
        at: rateSpan)
    default: break
    }
    if let problem = rate.problem { field.context.diagnostics.warn(problem, at: rateSpan) }
    return SolverDefinition(
      // Parts as large as the batch are the batch.
      batch: batch, part: part == batch ? nil : part, length: length, rule: rule, decay: decay,
      decayTowardSource: towardSource, rate: rate, layerDecay: layerDecay, clip: clip,
      labelSmoothing: smoothing, average: average, precision: precision)
  }
}

extension FieldReader {
  private enum Rule: String, CaseIterable {
    case sgd, nesterov
    case pyTorch = "pytorch-sgd"
    case pyTorchNesterov = "pytorch-nesterov"
    case adam
    case adamW = "adamw"

    var settings: [String] {
      switch self {
      case .sgd, .nesterov, .pyTorch, .pyTorchNesterov: ["momentum"]
      case .adam, .adamW: ["betas", "epsilon"]
      }
    }
  }

  /// The update rule and its settings among those of the solver.
  fileprivate mutating func updateRule() -> UpdateRule? {
    guard let rule = optional("rule", default: .sgd, { $0.choice(Rule.self) }) else {
      // Whatever settings there are may be those of the rule that was meant.
      for key in ["momentum", "betas", "epsilon"] { _ = field(key) }
      return nil
    }
    for key in ["momentum", "betas", "epsilon"] where !rule.settings.contains(key) {
      guard let field = field(key) else { continue }
      field.context.diagnostics.report(
        "'\(key)' is no setting of rule \(rule.rawValue)", at: field.keySpan)
    }
    switch rule {
    case .sgd: return momentum().map(UpdateRule.momentum)
    case .nesterov: return momentum().map(UpdateRule.nesterov)
    case .pyTorch: return momentum().map { .pyTorch(momentum: $0, nesterov: false) }
    case .pyTorchNesterov: return momentum().map { .pyTorch(momentum: $0, nesterov: true) }
    case .adam: return adam(decouplesDecay: false)
    case .adamW: return adam(decouplesDecay: true)
    }
  }

  private mutating func momentum() -> Double? {
    optional("momentum", default: 0) { $0.number(.belowOne) }
  }

  private mutating func adam(decouplesDecay: Bool) -> UpdateRule? {
    let usual = UpdateRule.Adam(decouplesDecay: decouplesDecay)
    let betas = optional("betas", default: [usual.beta1, usual.beta2]) { field in
      let expected = "two numbers from 0 to below 1"
      guard let betas = field.list(expected, { $0.number(.belowOne) }) else { return nil }
      if betas.count == 2 { return betas }
      field.report("'betas' must be \(expected)")
      return nil
    }
    let epsilon = optional("epsilon", default: usual.epsilon) { $0.number(.positive) }
    guard let betas, let epsilon else { return nil }
    return .adam(
      .init(
        beta1: betas[0], beta2: betas[1], epsilon: epsilon, decouplesDecay: decouplesDecay))
  }
}

extension RateSchedule {
  /// Reads a number, or `{start: …, step: {…}, warm-up: …}`.
  fileprivate static func read(_ field: Field) -> RateSchedule? {
    if case .scalar = field.node {
      return field.number(.positive).map { RateSchedule(start: $0) }
    }
    guard case .mapping = field.node else {
      field.mismatch("a positive number, or a schedule such as {start: 0.1, cosine}")
      return nil
    }
    guard var reader = FieldReader(field, Subject("'rate'")) else { return nil }
    let start = reader.required("start") { $0.number(.positive) }
    let policyField = reader.atMostOne(of: RatePolicy.keys)
    let warmUp = reader.optional("warm-up", default: TrainingLength?.none) {
      $0.length().map(Optional.some)
    }
    reader.finish()
    let policy = policyField.flatMap { $0.map { RatePolicy.read($0) } ?? .fixed }
    guard let start, let policy, let warmUp else { return nil }
    return RateSchedule(start: start, policy: policy, warmUp: warmUp)
  }
}

extension RateSchedule {
  /// What suggests that numbers of the schedule are exchanged, in words.
  fileprivate var problem: String? {
    switch policy {
    case .oneCycle(let peak, _, _) where peak < start:
      "the peak of the cycle, \(peak), is below its start, \(start)"
    case .cosine(let end) where end > start, .restarts(_, _, let end) where end > start:
      "the rate increases from its start, \(start), to its end, \(end)"
    default: nil
    }
  }
}

extension RatePolicy {
  fileprivate static let keys = [
    "fixed", "step", "multistep", "polynomial", "exponential", "cosine", "restarts", "one-cycle",
  ]

  /// Of those that need settings.
  private static let examples = [
    "step": "{every: 10 epochs, by: 0.1}", "multistep": "{at: [10 epochs, 15 epochs], by: 0.1}",
    "polynomial": "{power: 0.5}", "exponential": "{by: 0.999}", "restarts": "{every: 10 epochs}",
    "one-cycle": "{peak: 0.1}",
  ]

  fileprivate static func read(_ field: Field) -> RatePolicy? {
    let mayBeBare = field.name == "fixed" || field.name == "cosine"
    if field.isEmpty, let example = examples[field.name] {
      field.mismatch("a mapping such as \(example)")
      return nil
    }
    guard
      var reader = FieldReader(field, Subject("rate policy", field.name), allowsNothing: mayBeBare)
    else { return nil }
    defer { reader.finish() }
    switch field.name {
    case "step":
      let every = reader.required("every") { $0.length() }
      let by = reader.required("by") { $0.number(.positive) }
      guard let every, let by else { return nil }
      return .step(every: every, by: by)
    case "multistep":
      let at = reader.required("at") { $0.ascendingLengths() }
      let by = reader.required("by") { $0.number(.positive) }
      guard let at, let by else { return nil }
      return .multistep(at: at, by: by)
    case "polynomial":
      return reader.required("power") { $0.number(.positive) }.map { .polynomial(power: $0) }
    case "exponential":
      return reader.required("by") { $0.number(.positive) }.map { .exponential(by: $0) }
    case "cosine":
      return reader.optional("end", default: 0) { $0.number(.nonNegative) }
        .map { .cosine(end: $0) }
    case "restarts":
      let every = reader.required("every") { $0.length() }
      let by = reader.optional("by", default: 1) { $0.integer(in: 1...100) }
      let end = reader.optional("end", default: 0) { $0.number(.nonNegative) }
      guard let every, let by, let end else { return nil }
      return .restarts(every: every, by: by, end: end)
    case "one-cycle":
      let peak = reader.required("peak") { $0.number(.positive) }
      let rise = reader.optional("rise", default: 0.3) { $0.number(.belowOne) }
      let end = reader.optional("end", default: 0) { $0.number(.nonNegative) }
      guard let peak, let rise, let end else { return nil }
      return .oneCycle(peak: peak, rise: rise, end: end)
    default:
      return .fixed
    }
  }
}

extension Field {
  /// Lengths in the same unit, in ascending order.
  fileprivate func ascendingLengths() -> [TrainingLength]? {
    guard let lengths = list("a list of lengths", { $0.length() }) else { return nil }
    for (earlier, later) in zip(lengths, lengths.dropFirst()) {
      switch (earlier, later) {
      case (.epochs(let first), .epochs(let second)) where first < second: continue
      case (.iterations(let first), .iterations(let second)) where first < second: continue
      default: break
      }
      report("'\(name)' must be ascending lengths in the same unit")
      return nil
    }
    return lengths
  }
}
