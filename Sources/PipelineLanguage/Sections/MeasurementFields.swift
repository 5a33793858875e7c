import Basics
import Definitions

extension Field {
  private static let counts = 1...1_000_000_000

  /// Reads a dataset's `hold-out`, or its `test` subset: `0.1`, or `{fraction: 0.1, seed: 1}`, or `{per-class: 50}`.
  func holdOut() -> HoldOut? {
    guard case .mapping = node else {
      return number(.fraction).map { HoldOut(amount: .fraction($0)) }
    }
    let subject = name == "test" ? Subject("the subset", name) : Subject("'hold-out'")
    guard var reader = FieldReader(self, subject) else { return nil }
    let amountField = reader.one(of: ["fraction", "per-class"])
    let seed = reader.optional("seed", default: 0) { $0.seed() }
    reader.finish()
    guard let amountField, let seed else { return nil }
    let amount: HoldOut.Amount? =
      amountField.name == "fraction"
      ? amountField.number(.fraction).map(HoldOut.Amount.fraction)
      : amountField.integer(in: Field.counts).map(HoldOut.Amount.perClass)
    return amount.map { HoldOut(amount: $0, seed: seed) }
  }

  /// Reads the `validate` of a training run: `{every: 1 epoch, subset: validation, keep: best, patience: 5}`.
  func validationRule() -> Described<ValidationRule>? {
    guard var reader = FieldReader(self, Subject("'validate'")) else { return nil }
    let every = reader.required("every") { $0.length() }
    let subsets = reader.optional("subset", default: [.validation]) { $0.measuredSubsets() }
    let keepField = reader.field("keep")
    let keep = keepField.map { $0.choice(KeptWeights.self) } ?? .last
    let patienceField = reader.field("patience")
    let patience = patienceField.map { $0.integer(in: Field.counts) } ?? .some(nil)
    reader.finish()
    guard let every, let subsets, let keep, let patience else { return nil }
    let rule = ValidationRule(every: every, subsets: subsets, keep: keep, patience: patience)
    if rule.selects, !subsets.contains(.validation),
      let selecting = keep == .last ? patienceField : keepField
    {
      context.diagnostics.report(
        "'\(selecting.name)' selects by validation images, which 'subset' does not contain",
        at: selecting.keySpan,
        notes: [.init("test images that select a network cannot test it")])
      return nil
    }
    return Described(rule, at: keySpan)
  }

  /// One subset, or a list of subsets.
  private func measuredSubsets() -> [Portion]? {
    guard case .sequence = node else { return measuredSubset().map { [$0] } }
    let named = list("a list of subsets") { element in
      element.measuredSubset().map { Described($0.rawValue, at: element.span) }
    }
    guard let named, distinct(named, "subset") else { return nil }
    // In a fixed order, since their order has no meaning.
    return Portion.allCases.filter { portion in
      named.contains { $0.content == portion.rawValue }
    }
  }

  private func measuredSubset() -> Portion? {
    word([Portion.test.rawValue, Portion.validation.rawValue]).flatMap(Portion.init(rawValue:))
  }

  /// Reads an evaluation's `score`: `final`, `{mean-of-last: 5}`, `{best: 10, on: validation}`.
  func scoreRule() -> Described<ScoreRule>? {
    guard case .mapping = node else {
      return word(["final"], orElse: ["{mean-of-last: 5}", "{best: 5, on: test}"])
        .map { _ in Described(ScoreRule.final, at: span) }
    }
    guard var reader = FieldReader(self, Subject("'score'")) else { return nil }
    let countField = reader.one(of: ["mean-of-last", "best"])
    guard let countField else {
      _ = reader.field("on")
      reader.finish()
      return nil
    }
    let count = countField.integer(in: Field.counts)
    if countField.name == "mean-of-last" {
      reader.finish()
      return count.map { Described(.meanOfLast($0), at: keySpan) }
    }
    let portion = reader.required("on") { $0.measuredSubset() }
    reader.finish()
    guard let count, let portion else { return nil }
    return Described(.best(count, on: portion), at: keySpan)
  }
}

extension NumberLimits {
  fileprivate static let fraction = NumberLimits(description: "a number between 0 and 1") {
    0 < $0 && $0 < 1
  }
}
