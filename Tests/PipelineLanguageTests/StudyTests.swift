import Basics
import Definitions
import PipelineLanguage
import Testing

/// Sections that studies need: split `s` with tasks A and B, `k` with natural and man-made, a network
/// of four layers, two solvers.
private let preamble = """
  cambium: 1
  params: {seed: 0, rate: {type: number, default: 0.1, max: 1}}
  datasets: {d: {source: data}}
  splits:
    s: {dataset: d, random: {tasks: [A, B], seed: "${seed}"}}
    k: {dataset: d, classes: {natural: [cat, dog], man-made: [car, ship]}}
    three: {dataset: d, random: {tasks: [A, B, C]}}
  networks:
    net: {input: [3, 8, 8], layers: {one: [dense: 4], two: [dense: 5], three: [dense: 6], four: [dense: classes]}}
  solvers:
    g: {batch: 8, epochs: 1, rate: "${rate}"}
    h: {batch: 8, epochs: 2, rate: 0.1}

  """

private let common = "split: s, network: net, solver: g"

/// A pipeline with one study, `m`.
private func study(_ body: String) -> String { preamble + "studies:\n  m: {\(body)}\n" }

private func stages(_ text: String) throws -> [StageDescription] {
  try description(of: text).stages
}

private func names(_ text: String) throws -> [String] { try stages(text).map(\.name) }

private func transfer(_ name: String, in text: String) throws -> TransferDescription {
  let stage = try #require(try stages(text).first { $0.name == name })
  guard let transfer = stage.work as? TransferDescription else {
    throw DiagnosticError("'\(name)' is no transfer")
  }
  return transfer
}

private func train(_ name: String, in text: String) throws -> TrainDescription {
  let stage = try #require(try stages(text).first { $0.name == name })
  guard let train = stage.work as? TrainDescription else {
    throw DiagnosticError("'\(name)' is no train stage")
  }
  return train
}

private func expectStudy(
  _ body: String, finds expected: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let marked = MarkedText(study(body))
  let found = problems(of: marked.text)
  let rendered = found.map { $0.rendered() }.joined(separator: "\n")
  #expect(
    found.map { $0.span.map { MarkedText.Span(start: $0.start, end: $0.end) } } == marked.spans,
    "\(rendered)", sourceLocation: sourceLocation)
  #expect(found.count == expected.count, "\(rendered)", sourceLocation: sourceLocation)
  for (diagnostic, message) in zip(found, expected) {
    #expect(diagnostic.message.hasPrefix(message), "\(rendered)", sourceLocation: sourceLocation)
  }
}

@Suite struct StudyExpansionTests {
  @Test func studyBecomesBasesArmsEvaluationsAndAReport() throws {
    let text = study("\(common), layers: 1..2, treatments: [BnB, AnB+]")
    #expect(
      try names(text) == [
        "m.base-A", "m.base-B", "m.B1B", "m.B2B", "m.A1B+", "m.A2B+", "test-m.base-A",
        "test-m.base-B", "test-m.B1B", "test-m.B2B", "test-m.A1B+", "test-m.A2B+", "m",
      ])
    guard let report = try stages(text).last?.work as? ReportDescription else {
      Issue.record("the last stage is no report")
      return
    }
    let measured = try names(text).filter { $0.hasPrefix("test-") }
    #expect(report.evaluations.map(\.content) == measured)
  }

  @Test func armIsWhatItsNotationSays() throws {
    let text = study("\(common), layers: 1..3, treatments: [BnB, AnB+, RnB, A2A]")
    let selffer = try transfer("m.B3B", in: text)
    #expect(selffer.source?.stage?.content == "m.base-B")
    #expect(selffer.layers.content.map(\.verb) == [.freeze, .freeze, .freeze, .initialize])
    #expect(selffer.task.content.name == "B")
    let tuned = try transfer("m.A1B+", in: text)
    #expect(tuned.source?.stage?.content == "m.base-A")
    #expect(tuned.layers.content.map(\.verb) == [.fineTune, .initialize, .initialize, .initialize])
    let random = try transfer("m.R2B", in: text)
    #expect(random.source == nil)
    #expect(random.layers.content.map(\.verb) == [.random, .random, .initialize, .initialize])
    #expect(try names(text).filter { $0.hasPrefix("m.A") && $0.hasSuffix("A") } == ["m.A2A"])
    let base = try train("m.base-A", in: text)
    #expect(base.task.content.name == "A")
    #expect(base.solver == selffer.solver)
    #expect(base.seed == 0)
  }

  @Test func stagesKnowTheirTemplateAndVariables() throws {
    let text = study("\(common), layers: 2..3, treatments: [AnB, B1B], repeat: {seed: [5]}")
    let arm = try #require(try stages(text).first { $0.name == "m.A3B.seed-5" })
    #expect(arm.template == "m.A${n}B.seed-${seed}")
    #expect(arm.variables == ["seed": 5, "n": 3])
    let fixed = try #require(try stages(text).first { $0.name == "m.B1B.seed-5" })
    #expect(fixed.template == "m.B1B.seed-${seed}")
    #expect(fixed.variables == ["seed": 5])
  }

  @Test func wordedTasksAreLettersByOrderToo() throws {
    let by = "split: k, network: net, solver: g, layers: [2]"
    let expected = [
      "m.base-natural", "m.base-man-made", "m.natural-2-man-made", "m.man-made-2-man-made+",
    ]
    for treatments in [
      "[AnB, BnB+]", "[natural→man-made, man-made→man-made+]", "[A→man-made, man-made->B+]",
      "[{from: natural, to: man-made}, {from: B, to: B, then: fine-tune}]",
    ] {
      #expect(
        try names(study("\(by), treatments: \(treatments)")).prefix(4) == expected[...],
        "\(treatments)")
    }
    #expect(
      try names(
        study(
          "\(by), treatments: [random→natural, {from: natural, to: man-made, layers: 1, preserve: 2}]"
        )
      ).contains("m.natural-1p2-man-made"))
  }

  @Test func nameOfATaskComesBeforeALettersPlace() throws {
    let text =
      preamble.replacing("tasks: [A, B],", with: "tasks: [B, A],")
      + "studies:\n  m: {\(common), treatments: A1B}\n"
    #expect(try transfer("m.A1B", in: text).source?.stage?.content == "m.base-A")
    #expect(try train("m.base-A", in: text).task.content.name == "A")
  }

  @Test func swapAddsTheOtherDirections() throws {
    let arms = try names(study("\(common), layers: 1, treatments: [AnB, BnB, BnA], swap: true"))
      .filter { $0.hasPrefix("m.") && !$0.contains("base") }
    #expect(arms == ["m.A1B", "m.B1B", "m.B1A", "m.A1A"])
  }

  @Test func wholeDatasetIsAStudyOfOneTask() throws {
    let text = study("on: d, network: net, solver: g, layers: 1..2, treatments: [random→d]")
    #expect(
      try names(text) == [
        "m.base-d", "m.random-1-d", "m.random-2-d", "test-m.base-d", "test-m.random-1-d",
        "test-m.random-2-d", "m",
      ])
    #expect(try transfer("m.random-2-d", in: text).task.content.classes == .all)
  }

  @Test func preservedLayersAreCopiedAndLearn() throws {
    let text = study("\(common), layers: 1..2, treatments: [AnB, AnB+], preserve: [0, 1]")
    #expect(
      try names(text).filter { $0.hasPrefix("m.A") } == [
        "m.A1B", "m.A2B", "m.A1p1B", "m.A2p1B", "m.A1B+", "m.A2B+",
      ])
    #expect(
      try transfer("m.A2p1B", in: text).layers.content.map(\.verb) == [
        .freeze, .freeze, .fineTune, .initialize,
      ])
    #expect(
      try transfer("m.B1p2A", in: study("\(common), treatments: B1p2A")).layers.content.map(\.verb)
        == [.freeze, .fineTune, .fineTune, .initialize])
  }

  @Test func basesMayBeTrainedOtherwise() throws {
    let text = study("\(common), treatments: [A1B], base: {solver: h, seed: 7}, seed: 3")
    #expect(try train("m.base-A", in: text).solver.length == .epochs(2))
    #expect(try train("m.base-A", in: text).seed == 7)
    #expect(try transfer("m.A1B", in: text).solver.length == .epochs(1))
    #expect(try transfer("m.A1B", in: text).seed == 3)
  }
}

@Suite struct StudyPhaseTests {
  private let phases =
    "{treatment: AnB+, name: lp-ft, phases: [{learn: initialized, solver: h}, {learn: all}]}"

  @Test func eachPhaseIsAStage() throws {
    let text = study("\(common), layers: 2, treatments: [AnB+, \(phases)]")
    #expect(
      try names(text) == [
        "m.base-A", "m.base-B", "m.A2B+", "m.A2B+.lp-ft.phase-1", "m.A2B+.lp-ft", "test-m.base-A",
        "test-m.base-B", "test-m.A2B+", "test-m.A2B+.lp-ft", "m",
      ])
    let first = try transfer("m.A2B+.lp-ft.phase-1", in: text)
    #expect(first.source?.stage?.content == "m.base-A")
    #expect(first.layers.content.map(\.verb) == [.freeze, .freeze, .initialize, .initialize])
    #expect(first.solver.length == .epochs(2))
    #expect(first.phase?.name == "lp-ft, phase 1 of 2" && first.phase?.isFirst == true)
    let second = try transfer("m.A2B+.lp-ft", in: text)
    #expect(second.source?.stage?.content == "m.A2B+.lp-ft.phase-1")
    #expect(second.layers.content.map(\.verb) == [.fineTune, .fineTune, .fineTune, .fineTune])
    #expect(second.solver.length == .epochs(1))
    #expect(second.phase?.name == "lp-ft" && second.phase?.isFirst == false)
    #expect(second.phase?.verbs == [.fineTune, .fineTune, .initialize, .initialize])
  }

  /// A first phase that another treatment already trains is trained once.
  @Test func aPhaseMayBeAnotherTreatment() throws {
    let text = study(
      "\(common), treatments: [A2B, {treatment: A2B+, name: x, phases: [{learn: initialized}, {learn: all}]}]"
    )
    #expect(try !names(text).contains { $0.hasSuffix("phase-1") })
    #expect(try transfer("m.A2B+.x", in: text).source?.stage?.content == "m.A2B")
  }

  @Test func layersAreSelectedInEveryWay() throws {
    func verbs(_ learn: String) throws -> [LayerVerb] {
      try transfer(
        "m.A2B+.x",
        in: study(
          "\(common), treatments: [{from: A, to: B, layers: 2, then: fine-tune, name: x, phases: [{learn: \(learn)}]}]"
        )
      ).layers.content.map(\.verb)
    }
    #expect(try verbs("copied") == [.fineTune, .fineTune, .random, .random])
    #expect(try verbs("[first 1, initialized]") == [.fineTune, .freeze, .initialize, .initialize])
    #expect(try verbs("last 3") == [.freeze, .fineTune, .initialize, .initialize])
  }

  @Test func aFrozenTreatmentHasNoPhaseThatTrainsCopiedLayers() {
    expectStudy(
      "\(common), treatments: [{treatment: A2B, name: x, phases: [⟦{learn: all}⟧]}]",
      finds: "the treatment freezes the copied layers, but this phase trains 'one'")
  }

  @Test func fewImagesAreForTheTarget() throws {
    let text = study("\(common), treatments: [A1B, B1B], repeat: {examples: [4, 16]}")
    #expect(
      try names(text).filter { $0.hasPrefix("m.") } == [
        "m.source-A", "m.base-B.examples-4", "m.A1B.examples-4", "m.B1B.examples-4",
        "m.base-B.examples-16", "m.A1B.examples-16", "m.B1B.examples-16",
      ])
    #expect(try train("m.source-A", in: text).task.content.examples == nil)
    #expect(try train("m.base-B.examples-16", in: text).task.content.examples == 16)
    let transfer16 = try transfer("m.A1B.examples-16", in: text)
    #expect(transfer16.source?.stage?.content == "m.source-A")
    #expect(transfer16.task.content.examples == 16)
    #expect(
      try transfer("m.B1B.examples-4", in: text).source?.stage?.content == "m.base-B.examples-4")
  }
}

@Suite struct StudyRepetitionTests {
  @Test func repeatedParameterReachesTheSplitAndTheSeed() throws {
    let text = study("\(common), treatments: [A1B], repeat: {seed: [0, 2]}")
    for seed: UInt64 in [0, 2] {
      let base = try train("m.base-A.seed-\(seed)", in: text)
      #expect(base.task.content.classes == .random(seed: seed, task: 0, tasks: 2))
      #expect(base.seed == seed)
      let arm = try transfer("m.A1B.seed-\(seed)", in: text)
      #expect(arm.task.content.classes == .random(seed: seed, task: 1, tasks: 2))
      #expect(arm.seed == seed)
      #expect(arm.source?.stage?.content == "m.base-A.seed-\(seed)")
    }
    #expect(try names(text).count == 13)
  }

  @Test func aSetParameterThatIsRepeatedIsWarnedOf() throws {
    let text = study("\(common), treatments: [A1B], repeat: {seed: [0, 2]}")
    let warnings = try description(of: text, settings: [(key: "seed", value: "7")]).warnings
    #expect(
      warnings.map(\.message) == [
        "'--set seed=7' changes nothing in this study, which repeats 'seed' over values of its own"
      ])
    #expect(warnings.first?.span?.source.name != "--set seed=7")
    #expect(try description(of: text).warnings.isEmpty)
    // A parameter that is not repeated has an effect.
    #expect(
      try description(of: text, settings: [(key: "rate", value: "0.7")]).warnings.isEmpty)
  }

  @Test func ownSeedComesBeforeTheRepeatedOne() throws {
    let text = study("\(common), treatments: [A1B], repeat: {seed: [0, 2]}, seed: 9")
    #expect(try train("m.base-A.seed-2", in: text).seed == 9)
  }

  @Test func repeatedParameterReachesTheSolver() throws {
    let text = study("\(common), treatments: [A1B], repeat: {rate: [0.5, 1]}")
    #expect(try transfer("m.A1B.rate-0.5", in: text).solver.rate.start == 0.5)
    #expect(try transfer("m.A1B.rate-1", in: text).solver.rate.start == 1)
    // The other stages keep the parameter.
    let both = text + "stages: {b: {train: {network: net, on: s.A, solver: g}}}\n"
    #expect(try train("b", in: both).solver.rate.start == 0.1)
  }

  @Test func repeatedParameterMakesAnotherDataset() throws {
    let text = study("\(common), treatments: [A1B], repeat: {seed: [0, 2], rate: [0.1, 0.2]}")
      .replacing(
        "{d: {source: data}}", with: "{d: {source: \"builtin:shapes\", seed: \"${seed}\"}}"
      ).replacing("[cat, dog]", with: "[leaf, snake]")
      .replacing("[car, ship]", with: "[house, truck]")
    let pipeline = try description(of: text)
    #expect(pipeline.datasets.keys == ["d", "d.seed-2"])
    #expect(
      pipeline.datasets["d.seed-2"]?.content.source == .shapes(seed: 2, train: 500, test: 100))
    #expect(try train("m.base-A.seed-2.rate-0.1", in: text).task.content.dataset == "d.seed-2")
    #expect(try train("m.base-A.seed-0.rate-0.1", in: text).task.content.dataset == "d")
  }

  @Test func splitsAndObjectsAreRepeatedOver() throws {
    let bySplit = study("network: net, solver: g, treatments: [A1B], repeat: {split: [s, k]}")
    #expect(try train("m.base-A.split-s", in: bySplit).task.content.split == "s")
    #expect(try train("m.base-natural.split-k", in: bySplit).task.content.split == "k")
    let byArm = study(
      "split: s, network: net, solver: \"${a.solver}\", treatments: [A1B], "
        + "repeat: {a: [{solver: g, seed: 1}, {solver: h, seed: 2}]}, seed: \"${a.seed}\"")
    #expect(try train("m.base-A.a.solver-h.a.seed-2", in: byArm).solver.length == .epochs(2))
    #expect(try train("m.base-A.a.solver-h.a.seed-2", in: byArm).seed == 2)
  }

  @Test func mistakesAreFound() {
    let rest = "\(common), treatments: [A1B]"
    expectStudy("\(rest), repeat: {⟦x⟧: [1, 2]}", finds: "repeating over 'x' changes nothing")
    expect(
      study("\(rest), repeat: {⟦seed⟧: [1, 2]}, seed: 3").replacing(
        "params: {seed: 0, ", with: "params: {"
      )
      .replacing("\"${seed}\"", with: "0"), finds: "repeating over 'seed' changes nothing")
    expectStudy("\(rest), repeat: {⟦n⟧: [1, 2]}", finds: "'n' is the depth of a study's treatments")
    expectStudy(
      "\(rest), repeat: {rate: [0.5, ⟦2⟧, ⟦high⟧]}",
      finds: "'rate' must be at most 1, not '2'", "'rate' must be a number, not 'high'")
    expectStudy(
      "⟦split⟧: s, network: net, solver: g, treatments: [A1B], repeat: {split: [k]}",
      finds: "study 'm' has 'split' and repeats over it")
    expectStudy(
      "network: net, solver: g, treatments: [A1B], repeat: {split: [s, ⟦t⟧]}",
      finds: "there is no 't' among the splits")
    expectStudy("\(rest), repeat: {seed: ⟦2..1⟧}", finds: "the range 2..1 is empty")
    expectStudy(
      "\(rest), repeat: ⟦{seed: 1..200, rate: [0.1, 0.2], s: 1..100}⟧, base: {seed: \"${s}\"}",
      finds: "a study can be repeated 10000 times at most")
    expect(
      preamble + "studies:\n  ⟦m⟧: {\(rest), repeat: {seed: 0..9999}}\n",
      finds: "a pipeline may have 10000 stages: 'test-m.base-B.seed-${seed}' is beyond them")
  }
}

@Suite struct SharedStageTests {
  @Test func studiesShareTheirBases() throws {
    let text =
      preamble + """
        studies:
          frozen: {\(common), layers: 1..2, treatments: [AnB], repeat: {seed: [0, 1]}}
          tuned: {\(common), layers: 1..2, treatments: [AnB+, A1B], repeat: {seed: [0, 3]}}
        """
    let all = try names(text)
    #expect(
      all.filter { $0.contains("base") && !$0.hasPrefix("test-") } == [
        "frozen.base-A.seed-0", "frozen.base-B.seed-0", "frozen.base-A.seed-1",
        "frozen.base-B.seed-1", "tuned.base-A.seed-3", "tuned.base-B.seed-3",
      ])
    #expect(
      try transfer("tuned.A1B+.seed-0", in: text).source?.stage?.content == "frozen.base-A.seed-0")
    // Arms and evaluations are shared as well.
    #expect(!all.contains("tuned.A1B.seed-0") && !all.contains("test-tuned.A1B.seed-0"))
    #expect(all.contains("tuned.A1B.seed-3"))
    guard let report = try stages(text).last?.work as? ReportDescription else {
      Issue.record("the last stage is no report")
      return
    }
    #expect(report.evaluations.contains { $0.content == "test-frozen.A1B.seed-0" })
    #expect(report.evaluations.count == 10)
  }

  @Test func stageOfTheFileIsUsed() throws {
    let text =
      study("\(common), treatments: [A1B]")
        + """
        stages:
          mine: {train: {network: net, on: s.A, solver: g}}
          other: {train: {network: net, on: s.B, solver: h}}
          measured: {evaluate: {network: mine}}
        """
    #expect(
      try names(text) == [
        "mine", "other", "measured", "m.base-B", "m.A1B", "test-m.base-B", "test-m.A1B", "m",
      ])
    #expect(try transfer("m.A1B", in: text).source?.stage?.content == "mine")
  }

  @Test func unequalBasesOfOneNameCannotBe() throws {
    let text =
      preamble + """
        studies:
          one: {\(common), treatments: [A1B]}
          two: {split: s, network: net, solver: h, treatments: [A1B]}
        """
    #expect(try train("one.base-A", in: text).solver.length == .epochs(1))
    #expect(try train("two.base-A", in: text).solver.length == .epochs(2))
    expect(
      study("\(common), treatments: [⟦A1B⟧]")
        + "stages: {m.A1B: {train: {network: net, on: s.A, solver: h}}}\n",
      finds: "two stages are called 'm.A1B'")
  }

  @Test func stagesMayGoOnFromAStudy() throws {
    let text =
      study("\(common), treatments: [A2B]")
        + """
        stages:
          released: {transfer: {from: m.A2B, layers: {first 1: freeze, rest: fine-tune}, on: s.B, solver: h}}
        """
    #expect(try transfer("released", in: text).source?.stage?.content == "m.A2B")
  }

  @Test func thousandsOfStagesAreExpanded() throws {
    let text = study(
      "\(common), layers: 1..3, treatments: [BnB, BnB+, AnB, AnB+], repeat: {seed: 1..350}")
    #expect(try names(text).count == 350 * 28 + 1)
  }
}

@Suite struct StudyFormTests {
  @Test func treatmentsAreChecked() {
    for text in [
      "AB", "A", "Anb", "nB", "AnBB", "A-1B", "AnB++", "AnpB", "→B", "A→", "A99999999999999999999B",
    ] {
      expectStudy("\(common), treatments: [⟦'\(text)'⟧]", finds: "'\(text)' is not a treatment")
    }
    expectStudy(
      "\(common), treatments: [⟦C⟧1B, A1⟦D⟧, natural→⟦x⟧]".replacing("natural", with: "A"),
      finds: "the study has no task 'C'", "the study has no task 'D'", "the study has no task 'x'")
    expectStudy("\(common), treatments: [⟦R1B+⟧]", finds: "random layers are frozen")
    expectStudy(
      "\(common), treatments: [⟦A0B⟧]", finds: "a treatment that copies no layers is the base")
    expectStudy("\(common), treatments: [⟦A1p1B+⟧]", finds: "all copied layers learn")
    expectStudy(
      "\(common), treatments: [A1B, ⟦A→B⟧, {from: A, to: B, layers: 1}]"
        .replacing("⟦A→B⟧, {from: A, to: B, layers: 1}", with: "⟦{from: A, to: B, layers: 1}⟧"),
      finds: "the treatment is listed twice")
    expectStudy("\(common), treatments: ⟦[]⟧", finds: "'treatments' is empty")
    expectStudy(
      "\(common), treatments: [{from: A, to: ⟦D⟧, then: ⟦forget⟧, ⟦more⟧: 1}]",
      finds: "the study has no task 'D'", "'then' must be freeze or fine-tune",
      "treatment has no 'more'")
  }

  @Test func depthsAreChecked() {
    expectStudy("\(common), treatments: [⟦AnB⟧]", finds: "the study lacks 'layers'")
    expectStudy("\(common), treatments: [A1B], ⟦layers⟧: 1..2", finds: "'layers' has no effect")
    expectStudy(
      "\(common), treatments: [AnB], layers: ⟦1..5⟧", finds: "there are fewer than 5 layers")
    expectStudy("\(common), treatments: [⟦A5B⟧]", finds: "there are fewer than 5 layers")
    expectStudy(
      "\(common), treatments: [⟦A9223372036854775807p9223372036854775807B⟧]",
      finds: "there are fewer than 9223372036854775807 layers beyond")
    expectStudy(
      "\(common), treatments: [AnB], layers: ⟦0..2⟧", finds: "'layers' must be between 1 and")
    expectStudy(
      "\(common), treatments: [AnB], layers: [1, ⟦1⟧]", finds: "number '1' is listed twice")
    expectStudy(
      "\(common), treatments: [AnB], layers: ⟦x⟧", finds: "'layers' must be a number, a range")
    expectStudy(
      "\(common), treatments: [AnB], layers: 1..3, preserve: ⟦2⟧",
      finds: "there are fewer than 2 layers beyond the first 3")
    expectStudy("\(common), treatments: [A1B+], ⟦preserve⟧: 2", finds: "'preserve' has no effect")
  }

  @Test func keysAreChecked() {
    expect(
      preamble + "studies:\n  ⟦⟦⟦m⟧⟧⟧: {⟦nets⟧: net, treatments: [A1B]}\n",
      finds: "study 'm' needs one of 'split', 'on'", "study 'm' lacks 'network'",
      "study 'm' lacks 'solver'", "study 'm' has no 'nets'")
    expectStudy(
      "\(common), treatments: [A1B], ⟦on⟧: d", finds: "study 'm' has both 'on' and 'split'")
    expectStudy(
      "split: three, network: net, solver: g, treatments: ⟦[A1B]⟧, swap: true",
      finds: "'swap' exchanges the two tasks of a split, but the study has 3")
    expectStudy("\(common), treatments: [A1B], base: {⟦solvr⟧: h}", finds: "'base' has no 'solvr'")
    expect(
      preamble + "studies: ⟦[m]⟧\n", finds: "'studies' must be a mapping from names to studies")
    expect(
      preamble + "studies: {⟦a.b⟧: {\(common), treatments: [A1B]}}\n",
      finds: "'a.b' cannot be the name of a study")
  }

  @Test func brokenStudyCausesNoFurtherErrors() {
    expect(
      study("\(common), treatments: [⟦x⟧]")
        + "stages:\n  e: {evaluate: {network: m.A1B}}\n  r: {report: {of: [test-m.A1B]}}\n",
      finds: "'x' is not a treatment")
  }
}
