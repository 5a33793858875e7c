import Basics
import Definitions
import PipelineLanguage
import Testing

/// Scalars are typed by the fields that read them; references keep their values' types.
@Suite struct ScalarTests {
  private func solver(_ settings: String) -> String {
    "cambium: 1\nsolvers:\n  s: {batch: 8, epochs: 1, rate: 0.1, \(settings)}\n"
  }

  /// The value of `momentum` in the file; `nil` if it is rejected.
  private func decay(_ text: String) -> Double? {
    let stages = "stages:\n  t: {train: {network: n, on: d, solver: s}}\n"
    let text =
      Fixture.preamble.replacing("rate: 0.1", with: "rate: 0.1, decay: \(text)")
      .replacing("g:", with: "s:") + stages
    return try? training(in: text).solver.decay
  }

  @Test(arguments: [
    ("0", 0), ("010", 10), ("0x1F", 31), ("0o17", 15), ("1e-3", 0.001), (".5", 0.5), ("5.", 5),
    ("+2", 2), ("1.5E+2", 150),
  ])
  func numberIsReadByTheCoreRules(_ text: String, _ value: Double) {
    #expect(decay(text) == value)
  }

  @Test(arguments: [
    "abc", ".nan", ".inf", "-.inf", "1e999", "1_000", "0x", "1e", ".", "-", "\"0.5\"", "'1'", "no",
    "~", "[1]", "{a: 1}", "1:30", "nan", "inf", "0x1p3", "infinity",
  ])
  func textIsNoNumber(_ text: String) {
    #expect(decay(text) == nil)
  }

  @Test func wholeNumbersMustBeWholeAndFit() {
    for batch in ["1.5", "1e3", "9223372036854775808", "0", "-1", "true", "'8'"] {
      expect(
        "cambium: 1\nsolvers:\n  s: {batch: ⟦\(batch)⟧, epochs: 1, rate: 0.1}\n",
        finds: "'batch' must be")
    }
  }

  @Test func missingValueIsReportedAtItsKey() {
    expect(solver("⟦momentum⟧: "), finds: "'momentum' has no value")
  }

  @Test func wordsStayText() throws {
    let pipeline = try description(
      of: """
        cambium: 1
        datasets: {d: {source: data}}
        splits: {s: {dataset: d, classes: {A: [no, on, 010, null, 1e3], B: [yes, off, "1", ~]}}}
        networks: {n: {input: [3, 8, 8], layers: {fc: [dense: classes]}}}
        solvers: {g: {batch: 8, epochs: 1, rate: 0.1}}
        stages:
          "${t}": {for: {t: [A, B]}, train: {network: n, on: "s.${t}", solver: g}}
        """)
    let classes = pipeline.stages.map { stage -> ClassSelection? in
      guard let train = stage.work as? TrainDescription else { return nil }
      return train.task.content.classes
    }
    #expect(
      classes == [
        .named(["no", "on", "010", "null", "1e3"]), .named(["yes", "off", "1", "~"]),
      ])
  }

  @Test func truthIsTrueOrFalseAlone() {
    expect(
      "cambium: 1\ndatasets: {d: {source: a, augment: {mirror: ⟦yes⟧}}}\n",
      finds: "'mirror' must be true or false, not 'yes'")
    #expect(
      problems(of: "cambium: 1\ndatasets: {d: {source: a, augment: {mirror: TRUE}}}\n").isEmpty)
  }

  // MARK: - Parameters

  private static let withParameters = """
    cambium: 1
    params: {epochs: 20, rate: 0.1, mirror: false, task: A}
    datasets: {d: {source: data, augment: {mirror: "${mirror}"}}}
    splits: {s: {dataset: d, random: {tasks: [A, B]}}}
    networks: {n: {input: [3, 8, 8], layers: {fc: [dense: classes]}}}
    solvers: {g: {batch: "${epochs}0", epochs: "${epochs}", rate: "${rate}"}}
    stages:
      base-${task}: {train: {network: n, on: "s.${task}", solver: g}}

    """

  private func train(_ settings: [(key: String, value: String)] = []) throws -> TrainDescription {
    try training(in: Self.withParameters, settings: settings)
  }

  @Test func referencesKeepTypesAndJoinText() throws {
    let train = try train()
    #expect(train.solver.length == .epochs(20))
    #expect(train.solver.batch == 200)
    #expect(train.solver.rate == RateSchedule(start: 0.1))
    #expect(train.task.content.name == "A")
  }

  @Test func setReplacesAParameter() throws {
    let settings = [("epochs", "3"), ("rate", "1"), ("mirror", "true"), ("task", "B")]
      .map { (key: $0.0, value: $0.1) }
    let train = try train(settings)
    #expect(train.solver.length == .epochs(3))
    #expect(train.solver.batch == 30)
    #expect(train.solver.rate.start == 1)
    #expect(train.task.content.name == "B")
    let pipeline = try description(of: Self.withParameters, settings: settings)
    #expect(
      pipeline.datasets["d"]?.content.preprocessing == Preprocessing(augmentation: [Mirror()]))
    #expect(pipeline.parameters == ["epochs": 3, "rate": 1.0, "mirror": true, "task": "B"])
    #expect(pipeline.stages.map(\.name) == ["base-B"])
  }

  @Test func setKeepsTheType() {
    for (key, value) in [("epochs", "abc"), ("epochs", "0.5"), ("rate", "fast"), ("mirror", "1")] {
      let found = problems(of: Self.withParameters, settings: [(key, value)])
      #expect(found.count == 1)
      #expect(found.first?.message.hasPrefix("'\(key)' must be ") == true)
      #expect(found.first?.span?.source.name == "--set \(key)=\(value)")
      #expect(found.first?.span?.start.column == key.count + 2)
      #expect(found.first?.notes.first?.span?.start.line == 2)
    }
  }

  @Test func setNamesADeclaredParameter() {
    let found = problems(of: Self.withParameters, settings: [("epoch", "3")])
    #expect(found.map(\.message) == ["the file has no parameter 'epoch'"])
    #expect(found.first?.notes.first?.message == "did you mean 'epochs'?")
  }

  @Test func settingTwiceIsAnError() {
    let found = problems(of: Self.withParameters, settings: [("epochs", "3"), ("epochs", "4")])
    #expect(found.map(\.message) == ["'epochs' is set twice"])
  }

  @Test func badSetIsPointedToByName() {
    let found = problems(of: Self.withParameters, settings: [("epochs", "0")])
    #expect(
      found.map(\.message) == [
        "'batch' must be at least 1, not '00'", "'epochs' must be at least 1, not '0'",
      ])
    #expect(found.last?.notes.first?.span?.source.name == "--set epochs=0")
  }

  @Test func unknownReferenceIsPointedTo() {
    expect(
      "cambium: 1\nparams: {seed: 0}\nname: a-⟦${sed}⟧\ndatasets: {d: {source: \"${seed}\"}}\n",
      finds: "'${sed}' is not defined")
  }

  @Test func notEachOfVeryManyUnknownReferencesIsToldOf() {
    let found = problems(
      of: "cambium: 1\nname: \"" + String(repeating: "${a}", count: 300_000) + "\"\n")
    #expect(found.count == 10)
    #expect(found.last?.span?.start == SourcePosition(line: 2, column: 44))
  }

  @Test func malformedReferenceIsPointedTo() {
    expect("cambium: 1\nname: a⟦${b⟧\n", finds: "'${' has no '}'")
    expect("cambium: 1\nname: a⟦${}⟧\n", finds: "'${}' has no name")
  }

  @Test func dollarIsEscaped() throws {
    let pipeline = try description(of: "cambium: 1\ndatasets: {d: {source: \"a$${b}$c\"}}\n")
    #expect(pipeline.datasets["d"]?.content.source == .path("a${b}$c"))
  }

  @Test func parameterIsAPlainValue() {
    expect("cambium: 1\nparams: {a: ⟦[1]⟧}\n", finds: "'a' must be a number, text, true or false")
    expect("cambium: 1\nparams: {⟦a⟧: }\n", finds: "'a' has no value")
    expect("cambium: 1\nparams: {a: ⟦.nan⟧}\n", finds: "'a' must be a finite number")
    expect("cambium: 1\nparams: ⟦3⟧\n", finds: "'params' must be a mapping")
  }

  @Test func unusedParameterIsAWarning() throws {
    let pipeline = try description(of: "cambium: 1\nparams: {a: 1}\n")
    #expect(pipeline.warnings.map(\.message) == ["parameter 'a' is never used"])
    #expect(pipeline.warnings.first?.severity == .warning)
  }
}
