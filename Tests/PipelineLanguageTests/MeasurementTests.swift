import Basics
import Definitions
import PipelineLanguage
import Testing

/// Images held out, measurements during training, and scores.
@Suite struct MeasurementTests {
  private func dataset(_ holdOut: String) -> String {
    "cambium: 1\ndatasets: {d: {source: data, hold-out: \(holdOut)}}\n"
  }

  private func holdOut(_ text: String) throws -> HoldOut? {
    try description(of: dataset(text)).datasets["d"]?.content.holdOut
  }

  @Test func allFormsOfHoldOutAreRead() throws {
    #expect(try holdOut("0.1") == HoldOut(amount: .fraction(0.1)))
    #expect(try holdOut("{fraction: 0.1}") == HoldOut(amount: .fraction(0.1)))
    #expect(try holdOut("{per-class: 50, seed: 3}") == HoldOut(amount: .perClass(50), seed: 3))
    #expect(
      try description(of: "cambium: 1\ndatasets: {d: {source: data}}\n").datasets["d"]?.content
        .holdOut == nil)
  }

  @Test func wrongHoldOutsAreReported() {
    for amount in ["0", "1", "-0.1", "half"] {
      expect(dataset("⟦\(amount)⟧"), finds: "'hold-out' must be a number between 0 and 1")
    }
    expect(dataset("{per-class: ⟦0⟧}"), finds: "'per-class' must be at least 1")
    expect(
      dataset("{per-class: 1, ⟦fraction⟧: 0.1}").replacing("⟦fraction⟧", with: "fraction")
        .replacing("per-class:", with: "⟦per-class⟧:"),
      finds: "'hold-out' has 'per-class' and 'fraction'")
  }

  /// A pipeline with a stage of each kind.
  private func stages(
    validate: String = "", score: String = "", evaluate: String = "", holdOut: String = ""
  ) -> String {
    Fixture.stages(
      "  s: {train: {network: n, on: s.A, solver: g\(validate)}}\n"
        + "  t: {transfer: {from: s, layers: {rest: fine-tune}, on: s.B, solver: g\(validate)}}\n"
        + "  e: {evaluate: {network: s\(evaluate)\(score)}}\n"
    ).replacing("{source: data}", with: "{source: data\(holdOut)}")
  }

  private let held = ", hold-out: 0.1"

  private func work(_ stage: Int, _ text: String) throws -> any WorkDescription {
    try description(of: text).stages[stage].work
  }

  @Test func rulesAreReadForTrainingsAndTransfers() throws {
    let text = stages(
      validate: ", validate: {every: 2 epochs, subset: [test, validation]}", holdOut: held)
    let rule = ValidationRule(every: .epochs(2), subsets: [.test, .validation])
    let train = try #require(work(0, text) as? TrainDescription)
    let transfer = try #require(work(1, text) as? TransferDescription)
    #expect(train.validation?.content == rule)
    #expect(transfer.validation?.content == rule)
    let other = stages(
      validate: ", validate: {every: 5 iterations, subset: [validation, test]}", holdOut: held)
    let swapped = try #require(work(0, other) as? TrainDescription)
    #expect(swapped.validation?.content.subsets == [.test, .validation])
    let standard = stages(validate: ", validate: {every: 1 epoch}", holdOut: held)
    let validated = try #require(work(0, standard) as? TrainDescription)
    #expect(validated.validation?.content.subsets == [.validation])
    let plain = try #require(work(0, stages()) as? TrainDescription)
    #expect(plain.validation == nil)
  }

  @Test func wrongRulesAreReported() {
    func train(_ rule: String) -> String {
      Fixture.stages("  s: {train: {network: n, on: d, solver: g, validate: \(rule)}}\n")
        .replacing("{source: data}", with: "{source: data, hold-out: 0.1}")
    }
    expect(train("{every: ⟦5⟧}"), finds: "'every' must be a length such as")
    expect(
      train("{every: 1 epoch, subset: ⟦train⟧}"), finds: "'subset' must be test or validation")
    expect(
      train("{every: 1 epoch, subset: [test, ⟦test⟧]}"), finds: "subset 'test' is listed twice")
    expect(
      train("{}").replacing("validate:", with: "⟦validate⟧:"), finds: "'validate' lacks 'every'")
    expect(train("⟦1 epoch⟧"), finds: "'validate' must be a mapping")
  }

  @Test func validationNeedsImagesThatAreHeldOut() throws {
    expect(
      Fixture.stages(
        "  s: {train: {network: n, on: d, solver: g, ⟦validate⟧: {every: 1 epoch}}}\n"),
      finds: "there are no validation images: dataset 'd' has no 'hold-out'")
    expect(
      Fixture.stages(
        "  s: {train: {network: n, on: d, solver: g}}\n"
          + "  ⟦e⟧: {evaluate: {network: s, subset: validation}}\n"),
      finds: "there are no validation images: dataset 'd' has no 'hold-out'")
    #expect(problems(of: stages(evaluate: ", subset: validation", holdOut: held)).isEmpty)
  }

  private func score(_ text: String, subset: String = "test") throws -> ScoreRule? {
    let text = stages(
      validate: ", validate: {every: 1 epoch, subset: [test, validation]}",
      score: ", score: \(text)", evaluate: ", subset: \(subset)", holdOut: held
    ).replacing("epochs: 1,", with: "epochs: 10,")
    let evaluation = try #require(work(2, text) as? EvaluateDescription)
    return evaluation.score.content
  }

  @Test func allScoresAreRead() throws {
    #expect(try score("final") == .final)
    #expect(try score("{mean-of-last: 5}") == .meanOfLast(5))
    #expect(try score("{best: 10, on: validation}") == .best(10, on: .validation))
    #expect(try score("{best: 1, on: test}", subset: "validation") == .best(1, on: .test))
    let plain = try #require(work(2, stages()) as? EvaluateDescription)
    #expect(plain.score.content == .final)
  }

  @Test func wrongScoresAreReported() {
    func evaluate(_ score: String, key: String = "score") -> String {
      stages(
        validate: ", validate: {every: 1 epoch, subset: test}", score: ", \(key): \(score)"
      ).replacing("epochs: 1,", with: "epochs: 10,")
    }
    expect(evaluate("⟦best⟧"), finds: "'score' must be final")
    expect(evaluate("{mean-of-last: ⟦0⟧}"), finds: "'mean-of-last' must be at least 1")
    expect(evaluate("{best: 3}", key: "⟦score⟧"), finds: "'score' lacks 'on'")
    expect(
      evaluate("{best: 3, on: ⟦train⟧}"), finds: "'on' must be test or validation, not 'train'")
    expect(evaluate("{mean-of-last: 3, ⟦on⟧: test}"), finds: "'score' has no 'on'")
    expect(evaluate("{}", key: "⟦score⟧"), finds: "'score' needs one of")
  }

  @Test func scoresNeedTheMeasurementsTheyAreTakenFrom() {
    func evaluate(_ validate: String, _ score: String, _ rest: String = "") -> String {
      stages(
        validate: validate, score: ", ⟦score⟧: \(score)", evaluate: rest, holdOut: held)
    }
    let test = ", validate: {every: 1 epoch, subset: test}"
    expect(
      evaluate("", "{mean-of-last: 3}"),
      finds: "the score needs measurements on test images, which stage 's' does not make")
    expect(
      evaluate(test, "{best: 3, on: validation}"),
      finds: "the score needs measurements on validation images, which stage 's' does not make")
    expect(
      evaluate(test, "{mean-of-last: 3}", ", subset: train"),
      finds: "the score needs measurements on train images")
    expect(
      evaluate(test, "{mean-of-last: 1}", ", on: again.A").replacing(
        "splits: {", with: "splits: {again: {dataset: d, random: {tasks: [A, B], seed: 2}}, "),
      finds: "the score is taken from measurements on the task 'A'")
    expect(
      evaluate(test, "{mean-of-last: 2}"),
      finds: "the score 'mean of last 2' needs 2 measurements, but 's' makes 1")
  }

  @Test func aLimitOnExamplesIsNoOtherTask() {
    let text = stages(
      validate: ", validate: {every: 1 epoch, subset: test}", score: ", score: {mean-of-last: 1}"
    ).replacing("on: s.A", with: "on: {task: s.A, examples: 3}")
    #expect(problems(of: text).isEmpty)
  }
}
