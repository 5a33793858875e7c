import Basics
import PipelineLanguage
import Testing

/// Parameters in their long form.
@Suite struct ParameterTests {
  private func parameter(
    _ form: String, settings: [(key: String, value: String)] = []
  ) throws -> Value? {
    try description(of: "cambium: 1\nparams: {a: \(form)}\n", settings: settings).parameters["a"]
  }

  private func complaint(_ form: String, setting: String) -> String? {
    problems(
      of: "cambium: 1\nparams: {a: \(form)}\nname: \"x${a}\"\n",
      settings: [(key: "a", value: setting)]
    ).first?.message
  }

  private func expectParameter(
    _ form: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect("cambium: 1\nparams: {a: \(form)}\n", finds: message, sourceLocation: sourceLocation)
  }

  @Test func typeDecidesWhatTheDefaultIs() throws {
    #expect(try parameter("{default: 20}") == .integer(20))
    #expect(try parameter("{type: integer, default: 20}") == .integer(20))
    #expect(try parameter("{type: number, default: 1}") == .number(1))
    #expect(try parameter("{type: text, default: 010}") == .string("010"))
    #expect(try parameter("{type: bool, default: true}") == .bool(true))
  }

  @Test func longAndShortFormAreTheSamePipeline() throws {
    func batch(_ form: String) throws -> Int {
      try training(
        in: "params: {b: \(form)}\n"
          + Fixture.stages(
            "  t: {train: {network: n, on: d, solver: {batch: \"${b}\", epochs: 1, rate: 1}}}\n")
      ).solver.batch
    }
    #expect(try batch("8") == 8)
    #expect(try batch("{type: integer, default: 8, min: 1}") == 8)
  }

  @Test func settingMustFit() throws {
    let form = "{type: integer, default: 20, min: 1, max: 100}"
    #expect(try parameter(form, settings: [(key: "a", value: "100")]) == .integer(100))
    #expect(complaint(form, setting: "0") == "'a' must be at least 1, not '0'")
    #expect(complaint(form, setting: "101") == "'a' must be at most 100, not '101'")
    #expect(complaint(form, setting: "1.5") == "'a' must be a whole number, not '1.5'")
    #expect(complaint("{default: a, choices: [a, b]}", setting: "b") == nil)
    #expect(
      complaint("{default: a, choices: [a, b]}", setting: "c")?.hasPrefix(
        "'a' must be a or b, not 'c'") == true)
    #expect(
      try parameter("{type: number, default: 1}", settings: [(key: "a", value: "0.5")])
        == .number(0.5))
  }

  @Test func formIsChecked() {
    expect("cambium: 1\nparams: {⟦a⟧: {type: integer}}\n", finds: "parameter 'a' lacks 'default'")
    expectParameter("{type: ⟦whole⟧, default: 1}", finds: "'type' must be integer, number")
    expectParameter("{type: integer, default: ⟦x⟧}", finds: "'default' must be a whole number")
    expectParameter("{default: ⟦0⟧, min: 1}", finds: "'default' must be at least 1, not '0'")
    expectParameter("{default: ⟦3⟧, choices: [1, 2]}", finds: "'default' must be 1 or 2")
    expectParameter("⟦{default: 1, min: 2, max: 1}⟧", finds: "'min' is greater than 'max'")
    expectParameter("{default: x, ⟦min⟧: 1}", finds: "'min' is for numbers")
    expectParameter("{default: 1, choices: [1, ⟦1⟧]}", finds: "choice '1' is listed twice")
    expectParameter("{default: 1, ⟦least⟧: 1}", finds: "parameter 'a' has no 'least'")
  }
}
