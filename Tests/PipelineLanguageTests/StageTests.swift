import Basics
import Definitions
import PipelineLanguage
import Testing

/// Expects findings in stages, after the fixture's other sections.
private func expectStages(
  _ stages: String, finds expected: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  let marked = MarkedText(Fixture.stages(stages))
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

private func names(_ stages: String) throws -> [String] {
  try description(of: Fixture.stages(stages)).stages.map(\.name)
}

@Suite struct SweepTests {
  @Test func lastVariableMovesFastest() throws {
    #expect(
      try names(
        """
          "x${b}${a}":
            for: {a: [1, 2], b: [p, q]}
            train: {network: n, on: d, solver: g, seed: "${a}"}
        """) == ["xp1", "xq1", "xp2", "xq2"])
  }

  @Test func rangesIncludeBothEnds() throws {
    #expect(
      try names("  \"x${a}\": {for: {a: 9..11}, train: {network: n, on: d, solver: g}}\n") == [
        "x9", "x10", "x11",
      ])
  }

  @Test func objectBindsItsFields() throws {
    let pipeline = try description(
      of: Fixture.stages(
        """
          "${arm.of}-${arm.seed}-${i}":
            for: {arm: [{of: A, seed: 1}, {of: B, seed: 3}], i: 1..2}
            train: {network: n, on: "s.${arm.of}", solver: g, seed: "${arm.seed}"}
        """))
    #expect(pipeline.stages.map(\.name) == ["A-1-1", "A-1-2", "B-3-1", "B-3-2"])
    let seeds = pipeline.stages.map { stage -> UInt64? in
      if let train = stage.work as? TrainDescription { train.seed } else { nil }
    }
    #expect(seeds == [1, 1, 3, 3])
    #expect(pipeline.stages[2].variables == ["arm.of": "B", "arm.seed": 3, "i": 1])
  }

  @Test func objectsAreChecked() {
    let train = "train: {network: n, on: d, solver: g}"
    func expectObjects(
      _ objects: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      expectStages(
        "  \"x${a.b}\": {for: {a: [\(objects)]}, \(train)}\n", finds: message,
        sourceLocation: sourceLocation)
    }
    expectObjects("{b: 1}, ⟦{c: 2}⟧", finds: "every element of 'a' must have the same fields: b")
    expectObjects("{b: 1}, ⟦2⟧", finds: "'a' must be a mapping from names to values")
    expectObjects("{b: 1, c: 2}, ⟦{c: 2, b: 1}⟧", finds: "value 'a.b = 1, a.c = 2' is listed twice")
    expectObjects("{b: ⟦[1]⟧}", finds: "'b' must be a number, text, true or false, not a list")
    expectObjects("{⟦b.c⟧: 1}", finds: "'b.c' cannot be the name of a sweep variable's field")
    expectStages(
      "  ⟦\"x\"⟧: {for: {a: [{b: 1, c: 1}]}, \(train)}\n",
      finds: "the name 'x' does not contain '${a.b}' or '${a.c}', which it is swept over")
    expectStages(
      "  \"x${a.b}-⟦${a}⟧\": {for: {a: [{b: 1}]}, \(train)}\n", finds: "'${a}' is not defined")
  }

  @Test func definitionsAreSweptToo() throws {
    let pipeline = try description(
      of: """
        cambium: 1
        datasets: {"d${c}": {for: {c: [1, 3]}, source: "data${c}", channels: "${c}"}}
        splits: {"half-${i}": {for: {i: 0..3}, dataset: d3, random: {tasks: [A, B], seed: "${i}"}}}
        networks:
          "net-${u}":
            for: {u: [4, 5]}
            input: [3, 8, 8]
            layers: {one: [dense: "${u}"], two: [dense: classes]}
        solvers: {"sgd-${s.name}": {for: {s: [{name: slow, rate: 0.1}]}, batch: 8, epochs: 1, rate: "${s.rate}"}}
        stages:
          "x${i}": {for: {i: 0..3}, train: {network: net-5, on: "half-${i}.B", solver: sgd-slow}}
        """)
    #expect(pipeline.datasets.keys == ["d1", "d3"])
    let classes = pipeline.stages.map { stage -> ClassSelection? in
      if let train = stage.work as? TrainDescription { train.task.content.classes } else { nil }
    }
    #expect(classes == (0..<4).map { .random(seed: $0, task: 1, tasks: 2) })
  }

  @Test func sweptDefinitionsAreChecked() {
    let solver = "batch: 8, epochs: 1, rate: 1"
    expect(
      "cambium: 1\nsolvers: {⟦a⟧: {for: {i: 1..2}, \(solver)}}\n",
      finds: "the name 'a' does not contain '${i}'")
    expect(
      "cambium: 1\nsolvers: {\"a${i}\": {for: {i: 1..2}, \(solver)}, ⟦a1⟧: {\(solver)}}\n",
      finds: "solver 'a1' is defined twice")
    expect(
      "cambium: 1\nsolvers: {⟦\"a${i}-${k}\"⟧: {for: {i: 1..1000, k: 1..11}, \(solver)}}\n",
      finds: "'a${i}-${k}' adds more than 10000 solvers")
    // The invalid definition may have been any solver.
    expectStages("  t: {train: {network: n, on: d, solver: g}}\n")
    expect(
      Fixture.preamble.replacing("solvers: {", with: "solvers: {\"a${i}\": {for: {i: ⟦2..1⟧}}, ")
        + "stages: {t: {train: {network: n, on: d, solver: a1}}}\n",
      finds: "the range 2..1 is empty")
  }

  @Test func formsAreChecked() {
    let train = "train: {network: n, on: d, solver: g}"
    for form in ["3", "a..b", "1...3", "{a: 1}"] {
      expectStages(
        "  \"x${a}\": {for: {a: ⟦\(form)⟧}, \(train)}\n", finds: "'a' must be a list such as")
    }
    expectStages("  \"x${a}\": {for: {a: ⟦3..1⟧}, \(train)}\n", finds: "the range 3..1 is empty")
    expectStages("  \"x${a}\": {for: {a: ⟦[]⟧}, \(train)}\n", finds: "'a' is empty")
    expectStages("  \"x${a}\": {for: ⟦{}⟧, \(train)}\n", finds: "'for' is empty")
    expectStages(
      "  \"x${a}\": {for: {a: [1, ⟦1⟧]}, \(train)}\n", finds: "value '1' is listed twice")
    expectStages(
      "  \"x${a}\": {for: {a: ⟦1..10001⟧}, \(train)}\n", finds: "the range 1..10001 has more than")
    expectStages(
      "  \"x${a}\": {for: {a: ⟦-9223372036854775807..9223372036854775807⟧}, \(train)}\n",
      finds: "the range")
  }

  @Test func nameContainsEveryVariable() {
    expectStages(
      "  ⟦\"x${a}\"⟧: {for: {a: 1..2, b: 1..2}, train: {network: n, on: d, solver: g}}\n",
      finds: "the name 'x${a}' does not contain '${b}'")
  }

  @Test func variableIsNoParameter() {
    expect(
      "cambium: 1\nparams: {a: 1}\nstages: {\"${a}\": {for: {⟦a⟧: 1..2}, report: all}}\n",
      finds: "'a' is a parameter")
  }

  @Test func numberOfStagesIsLimited() {
    expectStages(
      "  ⟦\"x${a}-${b}\"⟧: {for: {a: 1..1000, b: 1..11}, train: {network: n, on: d, solver: g}}\n",
      finds: "a pipeline may have 10000 stages: 'x${a}-${b}' adds 11000 to 0")
  }

  @Test func collisionNamesBoth() {
    expectStages(
      """
        "x${a}": {for: {a: 1..2}, train: {network: n, on: d, solver: g}}
        ⟦x1⟧: {train: {network: n, on: d, solver: g}}

      """, finds: "two stages are called 'x1': one of 'x${a}' and one of 'x1'")
    expectStages(
      "  ⟦\"${a}${b}\"⟧: {for: {a: [1, 11], b: [1, 11]}, train: {network: n, on: d, solver: g}}\n",
      finds: "two stages are called '111'")
  }

  @Test func mistakeInASweepIsReportedOnceWithItsPoint() {
    let text = Fixture.stages(
      "  \"x${a}\": {for: {a: 1..50}, train: {network: m, on: d, solver: g}}\n")
    let found = problems(of: text)
    #expect(found.map(\.message) == ["there is no 'm' among the networks"])
    #expect(found.first?.notes.last?.message == "where a = 1")
  }

  @Test func inlineDefinitionsFollowTheSweep() throws {
    let pipeline = try description(
      of: Fixture.stages(
        """
          "x${u}":
            for: {u: [3, 4, 5]}
            train:
              network: {input: [3, 8, 8], layers: {a: [dense: "${u}"], z: [dense: classes]}}
              on: d
              solver: {batch: "${u}", epochs: 1, rate: 0.1}
        """))
    let units = pipeline.stages.map { stage -> Definitions.Operation? in
      guard let train = stage.work as? TrainDescription, train.solver.batch == stage.units else {
        return nil
      }
      return train.network.content.layers[0].operations[0]
    }
    #expect(units == [3, 4, 5].map { .dense(Dense(units: .count($0))) })
  }

  @Test func thousandsOfStagesAreRead() throws {
    let pipeline = try description(
      of: Fixture.stages(
        """
          base: {train: {network: n, on: s.A, solver: g}}
          "x${n}-${s}":
            for: {n: 0..2, s: 1..3000}
            transfer: {from: base, layers: {"first ${n}": freeze, rest: initialize}, on: s.B,
                       solver: g, seed: "${s}"}
        """))
    #expect(pipeline.stages.count == 9001)
  }
}

extension StageDescription {
  fileprivate var units: Int? {
    if case .integer(let units)? = variables["u"] { units } else { nil }
  }
}

@Suite struct StageTests {
  @Test func stageDoesOneThing() {
    expectStages("  ⟦a⟧: {}\n", finds: "stage 'a' needs one of 'train'")
    expectStages("  a: {train: {}, ⟦report⟧: all}\n", finds: "stage 'a' has 'report' and")
    expectStages("  ⟦a⟧: {⟦tarin⟧: {}}\n", finds: "stage 'a' needs one", "stage 'a' has no 'tarin'")
    expectStages("  a: ⟦x⟧\n", finds: "'a' must be a mapping")
    expectStages("  ⟦a/b⟧: {report: all}\n", finds: "'a/b' cannot be the name of a stage")
  }

  @Test func trainNamesWhatItUses() {
    expectStages(
      "  a: {⟦train⟧: {network: n, solver: g}}\n", finds: "'train' lacks 'on'")
    expectStages(
      "  a: {train: {network: ⟦m⟧, on: ⟦s.C⟧, solver: ⟦h⟧}}\n",
      finds: "there is no 'm' among the networks", "split 's' has no task 'C'",
      "there is no 'h' among the solvers")
    expectStages("  a: {train: {network: n, on: ⟦t.A⟧, solver: g}}\n", finds: "there is no 't'")
    expectStages("  a: {train: {network: n, on: ⟦s⟧, solver: g}}\n", finds: "'s' is a split")
    expectStages("  a: {train: {network: n, on: ⟦e⟧, solver: g}}\n", finds: "there is no task 'e'")
    expectStages(
      "  a: {train: {network: n, on: d, solver: g, seed: ⟦-1⟧}}\n", finds: "'seed' must be")
  }

  @Test func seedSpelledOutChangesNothing() throws {
    let short = try training(in: Fixture.stages("  a: {train: {network: n, on: d, solver: g}}\n"))
    let long = try training(
      in: Fixture.stages("  a: {train: {seed: 0, solver: g, on: d, network: n}}  # same\n"))
    #expect(short.seed == long.seed)
    #expect(short.network.content.value == long.network.content.value)
    #expect(short.solver.value == long.solver.value)
    #expect(short.task.content == long.task.content)
  }

  @Test func datasetIsATaskOfAllItsClasses() throws {
    let train = try training(in: Fixture.stages("  a: {train: {network: n, on: d, solver: g}}\n"))
    #expect(
      train.task.content == TaskDefinition(dataset: "d", split: nil, name: "d", classes: .all))
  }

  private static let base = "  base: {train: {network: n, on: s.A, solver: g}}\n"

  @Test func stagesReadKnownTrainedStages() {
    expectStages(
      Self.base
        + """
          e: {evaluate: {network: ⟦bsae⟧}}
          f: {evaluate: {network: ⟦e⟧}}
          r: {report: {of: [e]}}
          t: {transfer: {from: ⟦r⟧, layers: {rest: freeze}, on: d, solver: g}}

        """, finds: "there is no stage 'bsae'", "'e' is an evaluate stage", "'r' is a report stage")
  }

  @Test func brokenStageCausesNoFurtherErrors() {
    expectStages(
      """
        base: {train: {network: ⟦m⟧, on: s.A, solver: g}}
        "x${i}": {for: {i: ⟦3..1⟧}, train: {network: n, on: d, solver: g}}
        t: {transfer: {from: base, layers: {nothing: freeze}, on: s.B, solver: g}}
        u: {transfer: {from: x2, layers: {rest: freeze}, on: s.B, solver: g}}
        e: {evaluate: {network: t}}
        f: {evaluate: {network: x1}}

      """, finds: "there is no 'm' among the networks", "the range 3..1 is empty")
  }

  @Test func cycleIsListed() {
    let layers = "layers: {rest: freeze}, on: d, solver: g"
    expectStages(
      """
        ⟦a⟧: {transfer: {from: c, \(layers)}}
        b: {transfer: {from: a, \(layers)}}
        c: {transfer: {from: b, \(layers)}}
        d: {transfer: {from: c, \(layers)}}
        e: {evaluate: {network: d}}
        ⟦f⟧: {transfer: {from: f, \(layers)}}

      """, finds: "stages depend on each other in a cycle: a ← c ← b ← a",
      "stage 'f' depends on itself")
  }

  @Test func stagesMayReadLaterOnes() throws {
    #expect(
      try names(
        """
          e: {evaluate: {network: t}}
          t: {transfer: {from: base, layers: {rest: fine-tune}, on: s.B, solver: g}}
          base: {train: {network: n, on: s.A, solver: g}}
        """) == ["e", "t", "base"])
  }

  @Test func reportSelectsEvaluations() throws {
    func report(_ form: String) throws -> [String] {
      let pipeline = try description(
        of: Fixture.stages(
          Self.base
            + """
              e1: {evaluate: {network: base}}
              e2: {evaluate: {network: base, on: s.A, subset: train}}
              f1: {evaluate: {network: base}}
              r: {report: \(form)}

            """))
      guard let report = pipeline.stages.last?.work as? ReportDescription else { return [] }
      return report.evaluations.map(\.content)
    }
    #expect(try report("all") == ["e1", "e2", "f1"])
    #expect(try report("{}") == ["e1", "e2", "f1"])
    #expect(try report("{of: '*1'}") == ["e1", "f1"])
    #expect(try report("{of: [f1, e1, 'f*']}") == ["e1", "f1"])
  }

  @Test func reportNamesEvaluations() {
    expectStages(
      Self.base
        + """
          e: {evaluate: {network: base}}
          r: {report: {of: [⟦f⟧, ⟦base⟧, ⟦x*⟧]}}

        """, finds: "there is no stage 'f'", "'base' is a train stage", "no evaluate stage matches")
    expectStages(Self.base + "  r: {report: ⟦all⟧}\n", finds: "there is nothing to report")
    expectStages(Self.base + "  r: {report: ⟦some⟧}\n", finds: "'report' must be all")
    expectStages(Self.base + "  r: {report: {of: ⟦[]⟧}}\n", finds: "'of' is empty")
  }
}

@Suite struct TransferTests {
  /// Four layers: one to four.
  private static let base = """
      base:
        train:
          network:
            input: [3, 8, 8]
            layers: {one: [dense: 4], two: [dense: 5], three: [dense: 6], four: [dense: classes]}
          on: s.A
          solver: g

    """

  private func transfer(_ layers: String) -> String {
    Self.base + "  t: {transfer: {from: base, layers: {\(layers)}, on: s.B, solver: g}}\n"
  }

  private func verbs(_ layers: String) throws -> [LayerVerb] {
    let pipeline = try description(of: Fixture.stages(transfer(layers)))
    guard let transfer = pipeline.stages.last?.work as? TransferDescription else { return [] }
    return transfer.layers.content.map(\.verb)
  }

  @Test func selectorsCoverLayers() throws {
    #expect(
      try verbs("first 2: freeze, rest: initialize") == [
        .freeze, .freeze, .initialize, .initialize,
      ]
    )
    #expect(
      try verbs("last 1: random, one..three: fine-tune") == [
        .fineTune, .fineTune, .fineTune, .random,
      ])
    #expect(
      try verbs("four: initialize, two: freeze, rest: fine-tune") == [
        .fineTune, .freeze, .fineTune, .initialize,
      ])
    #expect(try verbs("first 4: freeze, rest: random") == Array(repeating: .freeze, count: 4))
    #expect(try verbs("first 0: freeze, rest: random") == Array(repeating: .random, count: 4))
  }

  @Test func ratesMultiply() throws {
    let pipeline = try description(
      of: Fixture.stages(
        transfer("first 1: {fine-tune: {rate: 0.1}}, rest: {initialize: {rate: 10}}")))
    let transfer = try #require(pipeline.stages.last?.work as? TransferDescription)
    #expect(transfer.layers.content.map(\.rate) == [0.1, 10, 10, 10])
    #expect(
      try verbs("rest: {initialize: {rate: 1}}") == verbs("rest: initialize"))
  }

  @Test func layersAreCoveredOnce() {
    expectStages(
      Self.base
        + "  t: {transfer: {from: base, ⟦layers⟧: {first 2: freeze}, on: s.B, solver: g}}\n",
      finds: "layers 'three', 'four' are not covered")
    expectStages(
      transfer("first 2: freeze, ⟦two⟧: random, rest: initialize"),
      finds: "layer 'two' is selected twice")
    expectStages(transfer("⟦five⟧: freeze, rest: random"), finds: "the network has no layer 'five'")
    expectStages(transfer("⟦first 5⟧: freeze, rest: random"), finds: "there is no 'first 5'")
    expectStages(
      transfer("⟦three..one⟧: freeze, rest: random"), finds: "'three..one' is empty")
    expectStages(
      transfer("⟦first two⟧: freeze, rest: random"), finds: "the network has no layer 'first two'")
  }

  @Test func verbsAreKnown() {
    expectStages(transfer("rest: ⟦frezze⟧"), finds: "'rest' must be freeze, fine-tune")
    expectStages(transfer("rest: {⟦tune⟧: {}}"), finds: "there is no verb 'tune'")
    expectStages(transfer("rest: {freeze: {⟦rate⟧: 1}}"), finds: "'freeze' has no rate")
    expectStages(transfer("rest: {fine-tune: {rate: ⟦0⟧}}"), finds: "'rate' must be a positive")
  }

  @Test func nothingIsCopiedFromNowhere() throws {
    let rest = "on: d, solver: g"
    #expect(
      try names("  t: {transfer: {network: n, layers: {one: random, rest: initialize}, \(rest)}}\n")
        == ["t"])
    expectStages(
      "  t: {⟦transfer⟧: {network: n, layers: {one: freeze, rest: initialize}, \(rest)}}\n",
      finds: "'transfer' lacks 'from': 'one' is to be copied")
    expectStages(
      "  t: {⟦transfer⟧: {layers: {rest: initialize}, \(rest)}}\n",
      finds: "'transfer' lacks 'from': without it, 'network' is required")
  }

  @Test func copiedShapesAgree() throws {
    func stages(_ layers: String, _ rules: String, mark: Bool = true) -> String {
      Self.base
        + """
          t:
            transfer:
              from: base
              network: {input: [3, 8, 8], layers: {\(layers)}}
              \(mark ? "⟦layers⟧" : "layers"): {\(rules)}
              on: s.B
              solver: g

        """
    }
    let other = "one: [dense: 4], two: [dense: 7], four: [dense: classes]"
    #expect(
      try names(stages(other, "one: freeze, rest: initialize", mark: false)) == ["base", "t"])
    expectStages(
      stages(other, "first 2: freeze, rest: initialize"),
      finds: "layer 'two' cannot be copied: 'two.weight' is 5×4 in the source and 7×4 here")
    expectStages(
      stages(other, "four: fine-tune, rest: initialize"),
      finds: "layer 'four' cannot be copied: 'four.weight' is classes×6 in the source and classes×7"
    )
    expectStages(
      stages("zero: [dense: 4], four: [dense: classes]", "zero: freeze, rest: initialize"),
      finds: "layer 'zero' is to be copied, but the source's network has none of that name")
    expectStages(
      stages(
        "one: [dense: {units: 4, biases: none}], four: [dense: classes]",
        "one: freeze, rest: initialize"),
      finds: "layer 'one' cannot be copied: the source also has 'one.bias'")
    // The number of classes is unknown here.
    #expect(
      try names(
        stages(
          "one: [dense: 4], two: [dense: 6], four: [dense: 9]", "four: fine-tune, rest: initialize",
          mark: false)) == ["base", "t"])
  }
}
