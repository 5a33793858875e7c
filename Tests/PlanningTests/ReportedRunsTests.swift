import Basics
import Planning
import Testing

private let preamble = """
  cambium: 1
  params: {lr: 0.1, mirror: false, keep: 1, draw: 0, width: 4, e: 2}
  datasets: {photos: {source: photos.tar, augment: {mirror: "${mirror}"}}}
  splits: {halves: {dataset: photos, random: {tasks: [A, B], seed: 1}}}
  networks:
    net: {input: [3, 8, 8], layers: {one: [dense: "${width}"], two: [dense: 5], three: [dense: classes]}}
  solvers:
    sgd: {batch: 10, epochs: 2, rate: "${lr}"}
    long: {batch: 10, epochs: 12, rate: "${lr}"}
    high: {batch: 10, epochs: 2, rate: 0.5}
    low: {batch: 10, epochs: 2, rate: 0.05}
    timed: {batch: 10, epochs: "${e}", rate: 0.1}

  """

/// What distinguishes the runs of a report.
@Suite struct ReportedRunsTests {
  /// The runs of the last stage, a report: `AnB lr=0.02`, with `~` before values of replicates and `#` before
  /// those of labels.
  private func runs(_ text: String) throws -> [String] {
    guard let work = try plan(preamble + text).stages.last?.work as? ReportWork else { return [] }
    return work.entries.map { entry in
      ([entry.treatmentLabel]
        + entry.variables.sorted { $0.key < $1.key }.filter { $0.key != "n" }.map {
          name, variable in
          let mark =
            [RunVariable.Role.setting: "=", .replicate: "~", .label: "#"][variable.role] ?? ""
          return "\(name)\(mark)\(variable.content)"
        }).joined(separator: " ")
    }
  }

  private func study(_ body: String) throws -> [String] {
    try runs("studies: {m: {split: halves, network: net, layers: 1, treatments: [AnB], \(body)}}\n")
  }

  @Test func aRepeatedParameterIsASetting() throws {
    #expect(
      try study("solver: sgd, repeat: {lr: [0.2, 0.1], seed: [0, 1]}") == [
        "A lr=0.2 seed#0", "B lr=0.2 seed#0", "AnB lr=0.2 seed#0",
        "A lr=0.2 seed#1", "B lr=0.2 seed#1", "AnB lr=0.2 seed#1",
        "A lr=0.1 seed#0", "B lr=0.1 seed#0", "AnB lr=0.1 seed#0",
        "A lr=0.1 seed#1", "B lr=0.1 seed#1", "AnB lr=0.1 seed#1",
      ])
  }

  @Test(arguments: ["mirror: [true, false]", "width: [4, 8]"])
  func whateverItIsOf(_ repetition: String) throws {
    let runs = try study("solver: sgd, repeat: {\(repetition)}")
    #expect(runs.count == 6 && runs.allSatisfy { $0.contains("=") })
    #expect(Set(runs).count == 6)
  }

  @Test func epochsAndMeansAreSettingsToo() throws {
    #expect(
      try study("solver: timed, repeat: {e: [2, 3]}") == [
        "A e=2", "B e=2", "AnB e=2", "A e=3", "B e=3", "AnB e=3",
      ])
    #expect(
      try study("solver: sgd, mean: \"${m}\", repeat: {m: [target, source]}") == [
        "A", "B", "AnB m=target", "AnB m=source",
      ])
  }

  @Test func aRepeatedSolverIsASettingOfWhatItTrains() throws {
    #expect(
      try study("repeat: {solver: [high, low]}") == [
        "A solver=high", "B solver=high", "AnB solver=high",
        "A solver=low", "B solver=low", "AnB solver=low",
      ])
    // The base is trained once, whatever the solver of the transfers.
    #expect(
      try study("repeat: {solver: [high, low]}, base: {solver: high}") == [
        "A", "B", "AnB solver=high", "AnB solver=low",
      ])
  }

  /// Bases that are trained longer are still the bases of their transfers.
  @Test func treatmentsMayHaveSolversOfTheirOwn() throws {
    #expect(try study("solver: sgd, base: {solver: long}") == ["A", "B", "AnB"])
    #expect(
      try study("solver: sgd, base: {solver: long}, repeat: {lr: [0.2, 0.1]}") == [
        "A lr=0.2", "B lr=0.2", "AnB lr=0.2", "A lr=0.1", "B lr=0.1", "AnB lr=0.1",
      ])
  }

  /// Phases are a treatment of their own, whatever their solvers; those of a stage are what they do together.
  @Test func phasesAreATreatment() throws {
    #expect(
      try runs(
        """
        studies:
          m:
            {split: halves, network: net, solver: high, layers: 1, treatments:
              [AnB+, {treatment: AnB+, name: lp-ft, phases: [{learn: initialized, solver: low}, {learn: all}]}]}

        """) == ["A", "B", "AnB+", "AnB+ (lp-ft)"])
    #expect(
      try runs(
        """
        stages:
          a: {train: {network: net, on: halves.A, solver: sgd}}
          x:
            transfer:
              {from: a, on: halves.B, solver: high, phases:
                [{layers: {last 1: initialize, rest: freeze}, solver: low}, {layers: {rest: fine-tune}}]}
          test-x: {evaluate: {network: x}}
          test-first: {evaluate: {network: x.phase-1}}
          all: {report: all}

        """) == ["AnB+ (2 phases)", "AnB (phase 1 of 2)"])
  }

  /// Editing a later phase reruns it alone.
  @Test func phasesAreCachedOneByOne() throws {
    func fingerprints(_ rate: Double) throws -> [String: String] {
      let plan = try plan(
        preamble + """
          stages:
            a: {train: {network: net, on: halves.A, solver: sgd}}
            x:
              transfer:
                {from: a, on: halves.B, phases:
                  [{layers: {last 1: initialize, rest: freeze}, solver: low}, {layers: {rest: fine-tune}, solver: {batch: 10, epochs: 2, rate: \(rate)}}]}

          """)
      return Dictionary(
        uniqueKeysWithValues: plan.stages.map { ($0.name, $0.fingerprint.hexadecimal) })
    }
    let (one, other) = (try fingerprints(0.1), try fingerprints(0.2))
    #expect(one.keys.filter { one[$0] != other[$0] } == ["x"])
  }

  @Test func seedsUnderAnyNameAreReplicates() throws {
    #expect(
      try study("solver: sgd, seed: \"${draw}\", repeat: {draw: [0, 1]}") == [
        "A draw#0", "B draw#0", "AnB draw#0", "A draw#1", "B draw#1", "AnB draw#1",
      ])
    #expect(
      try study("solver: sgd, base: {seed: \"${draw}\"}, repeat: {draw: [0, 1]}") == [
        "A draw~0", "B draw~0", "AnB draw~0", "A draw~1", "B draw~1", "AnB draw~1",
      ])
  }

  @Test func whatTheDesignSaysIsALabel() throws {
    #expect(
      try study("solver: sgd, preserve: \"${keep}\", repeat: {keep: [0, 1]}") == [
        "A", "B", "AnB keep#0", "Anp1B keep#1",
      ])
    #expect(
      try runs(
        """
        stages:
          "base-${t}": {for: {t: [A, B]}, train: {network: net, on: "halves.${t}", solver: sgd}}
          "x${depth}":
            for: {depth: 1..2}
            transfer: {from: base-A, layers: {"first ${depth}": freeze, rest: initialize}, on: halves.B, solver: sgd}
          "test-${net}": {for: {net: [base-A, base-B, x1, x2]}, evaluate: {network: "${net}"}}
          r: {report: all}
        """) == [
          "A net#base-A t#A", "B net#base-B t#B", "AnB depth#1 net#x1", "AnB depth#2 net#x2",
        ])
  }

  // MARK: - Stages written one by one

  private func stages(_ body: String) throws -> [String] {
    let tests = body.split(separator: "\n").map { line in
      let name = line.prefix { $0 != ":" }
      return "  test-\(name): {evaluate: {network: \(name)}}"
    }
    return try runs(
      "stages:\n" + body.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n") + "\n"
        + tests.joined(separator: "\n") + "\n  r: {report: all}\n")
  }

  private func base(_ task: String, _ solver: String) -> String {
    "base-\(task)-\(solver): {train: {network: net, on: halves.\(task), solver: \(solver)}}\n"
  }

  private func transfer(_ name: String, from source: String, _ solver: String) -> String {
    "\(name): {transfer: {from: \(source), layers: {first 1: freeze, rest: initialize}, "
      + "on: halves.B, solver: \(solver)}}\n"
  }

  @Test func settingsAreNamedByTheirPaths() throws {
    #expect(
      try stages(
        base("A", "high") + base("A", "low") + base("B", "high") + base("B", "low")
          + transfer("one", from: "base-A-high", "high")
          + transfer("two", from: "base-A-low", "low"))
        == [
          "A solver.rate.start=0.5", "A solver.rate.start=0.05", "B solver.rate.start=0.5",
          "B solver.rate.start=0.05", "AnB solver.rate.start=0.5", "AnB solver.rate.start=0.05",
        ])
  }

  @Test func aTransferIsComparedWithTheBaseOfItsSettings() throws {
    // All from one source: the base of the same solver is the reference.
    #expect(
      try stages(
        base("A", "high") + base("B", "high") + base("B", "low")
          + transfer("one", from: "base-A-high", "high"))
        == [
          "A solver.rate.start=0.5", "B solver.rate.start=0.5", "B solver.rate.start=0.05",
          "AnB solver.rate.start=0.5",
        ])
    // There is one kind of base, and both transfers come from it.
    #expect(
      try stages(
        base("A", "high") + base("B", "high") + transfer("one", from: "base-A-high", "high")
          + transfer("two", from: "base-A-high", "low"))
        == ["A", "B", "AnB solver.rate.start=0.5", "AnB solver.rate.start=0.05"])
    // Here one of them comes from a network that was trained differently.
    #expect(
      try stages(
        base("A", "high") + base("A", "low") + transfer("one", from: "base-A-high", "high")
          + transfer("two", from: "base-A-low", "high"))
        == [
          "A solver.rate.start=0.5", "A solver.rate.start=0.05",
          "AnB solver.rate.start=0.5 source.solver.rate.start=0.5",
          "AnB solver.rate.start=0.5 source.solver.rate.start=0.05",
        ])
  }

  @Test func aFactorOnRatesIsASetting() throws {
    let text =
      base("A", "high")
      + "one: {transfer: {from: base-A-high, layers: {first 1: {fine-tune: {rate: 0.1}}, rest: initialize}, "
      + "on: halves.B, solver: high}}\n"
      + "two: {transfer: {from: base-A-high, layers: {first 1: fine-tune, rest: initialize}, "
      + "on: halves.B, solver: high}}\n"
    #expect(try stages(text) == ["A", "AnB+ rates.one=0.1", "AnB+ rates.one=none"])
  }

  /// What records leave out is stated beside what they do not.
  @Test func bothPrecisionsAreStated() throws {
    let solvers = """
        wide: {batch: 10, epochs: 2, rate: 0.01}
        narrow: {batch: 10, epochs: 2, rate: 0.01, precision: bf16}

      """
    let bases = ["wide", "narrow"].map {
      "  \(base("A", $0))  test-\($0): {evaluate: {network: base-A-\($0)}}\n"
    }
    #expect(
      try runs(preambleOfRecipes + solvers + "stages:\n" + bases.joined() + "  r: {report: all}\n")
        == ["A solver.precision=fp32", "A solver.precision=bf16"])
    let change = ValueChange(path: "source.solver.precision", old: .string("bf16"), new: nil)
    #expect(change.description.hasSuffix("solver.precision bf16 → fp32"))
  }

  // MARK: - Recipes

  /// Solvers that differ in several settings are distinguished by their names, everywhere in the report.
  private func recipes(_ stages: String) throws -> [String] {
    let tests = stages.split(separator: "\n").map { $0.prefix { $0 != ":" } }
      .map { "  test-\($0): {evaluate: {network: \($0)}}\n" }.joined()
    return try runs(
      preambleOfRecipes + "stages:\n"
        + stages.split(separator: "\n").map { "  \($0)\n" }.joined() + tests
        + "  r: {report: all}\n")
  }

  private let preambleOfRecipes = """
      adam: {rule: adamw, batch: 10, epochs: 2, rate: 0.01, label-smoothing: 0.1}
      adam-long: {rule: adamw, batch: 10, epochs: 9, rate: 0.02, label-smoothing: 0.1}
      near: {batch: 10, epochs: 2, rate: 0.01, toward-source: 0.1}

    """

  private func tuned(
    _ name: String, from source: String, _ solver: String, examples: Int, phases: String? = nil
  ) -> String {
    let layers = phases.map { "phases: [\($0)]" } ?? "layers: {last 1: initialize, rest: fine-tune}"
    return
      "\(name): {transfer: {from: \(source), on: {task: halves.B, examples: \(examples)}, solver: \(solver), \(layers)}}\n"
  }

  @Test func solversAreToldApartByTheirNames() throws {
    #expect(
      try recipes(
        base("A", "high") + base("A", "adam")
          + "base-inline: {train: {network: net, on: halves.A, solver: {batch: 20, epochs: 3, rate: 0.2}}}\n"
      )
        == ["A solver=high", "A solver=adam", "A solver=sgd, rate 0.2, 3 epochs, batch 20"])
  }

  /// Otherwise they would share a row of the table by examples.
  @Test func recipesAreToldApartAcrossLimitsOnExamples() throws {
    #expect(
      try recipes(
        base("A", "high") + base("A", "adam")
          + tuned("few", from: "base-A-high", "adam", examples: 2)
          + tuned("more", from: "base-A-high", "near", examples: 4)
          + tuned("most", from: "base-A-adam", "adam", examples: 8)) == [
          "A solver=high", "A solver=adam",
          "AnB+ (2 a class) solver=adam source.solver=high",
          "AnB+ (4 a class) solver=near source.solver=high",
          "AnB+ (8 a class) solver=adam source.solver=adam",
        ])
  }

  /// Lengths and rates are what phases divide; another rule or decay is another recipe.
  @Test func phasesAreComparedWithTheSameRecipe() throws {
    let phases =
      "{layers: {last 1: initialize, rest: freeze}, solver: low}, {layers: {rest: fine-tune}}"
    func runs(_ solver: String) throws -> [String] {
      try recipes(
        base("A", "high") + tuned("whole", from: "base-A-high", "adam", examples: 4)
          + tuned("parts", from: "base-A-high", solver, examples: 4, phases: phases))
    }
    #expect(
      try runs("adam-long") == ["A", "AnB+ (4 a class)", "AnB+ (2 phases) (4 a class)"])
    #expect(
      try runs("near") == [
        "A solver=high", "AnB+ (4 a class) solver=adam", "AnB+ (2 phases) (4 a class) solver=near",
      ])
    // Beside other recipes, the phases are still of the one that they divide.
    #expect(
      try recipes(
        base("A", "high") + tuned("whole", from: "base-A-high", "adam", examples: 4)
          + tuned("other", from: "base-A-high", "near", examples: 4)
          + tuned("parts", from: "base-A-high", "adam-long", examples: 4, phases: phases)) == [
          "A solver=high", "AnB+ (4 a class) solver=adam", "AnB+ (4 a class) solver=near",
          "AnB+ (2 phases) (4 a class) solver=adam",
        ])
    // The first phases differ, and nothing else.
    #expect(
      try recipes(
        base("A", "high") + tuned("one", from: "base-A-high", "adam", examples: 4, phases: phases)
          + tuned(
            "two", from: "base-A-high", "adam", examples: 4,
            phases: phases.replacing("solver: low", with: "solver: near"))) == [
          "A", "AnB+ (2 phases) (4 a class) phases.0.solver=low",
          "AnB+ (2 phases) (4 a class) phases.0.solver=near",
        ])
  }

  @Test func aVariableOfSolverNamesIsALabelBesideThem() throws {
    #expect(
      try self.runs(
        preambleOfRecipes + """
          stages:
            "base-${recipe}": {for: {recipe: [high, adam]}, train: {network: net, on: halves.A, solver: "${recipe}"}}
            other: {train: {network: net, on: halves.A, solver: near}}
            "test-${net}": {for: {net: [base-high, base-adam, other]}, evaluate: {network: "${net}"}}
            r: {report: all}

          """) == [
          "A net#base-high recipe#high solver=high", "A net#base-adam recipe#adam solver=adam",
          "A net#other solver=near",
        ])
  }

  /// What layers were copied from is known by its stage, before any phases.
  @Test func theSourceOfPhasesIsTheNetworkBeforeThem() throws {
    let text =
      preamble + "stages:\n"
      + (base("A", "high")
      + tuned(
        "parts", from: "base-A-high", "low", examples: 4,
        phases: "{layers: {last 1: initialize, rest: freeze}}, {layers: {rest: fine-tune}}")
      + tuned("again", from: "parts", "low", examples: 4)).split(separator: "\n")
      .map { "  \($0)\n" }.joined()
      + "  \"test-${net}\": {for: {net: [base-A-high, parts, again]}, evaluate: {network: \"${net}\"}}\n"
      + "  r: {report: all}\n"
    let plan = try plan(text)
    guard let work = plan.stages.last?.work as? ReportWork else {
      Issue.record("the last stage is a report")
      return
    }
    #expect(work.runs.map(\.origin?.stage) == [nil, "base-A-high", "parts"])
    #expect(
      work.runs[1].origin?.fingerprint
        == plan.stages.first { $0.name == "base-A-high" }?.fingerprint)
  }

  // MARK: - Equal fingerprints

  @Test func equalFingerprintsAreOneRun() throws {
    #expect(
      try stages(
        base("A", "high") + base("A", "high").replacing("base-A-high", with: "same-again")
          + transfer("one", from: "base-A-high", "high")
          + transfer("two", from: "same-again", "high")) == ["A", "AnB"])
    #expect(
      try runs(
        """
        stages:
          base: {train: {network: net, on: halves.A, solver: sgd}}
          "test-${again}": {for: {again: 1..3}, evaluate: {network: base}}
          r: {report: all}
        """) == ["A"])
  }

  @Test func aStudyAndStagesMayShareRuns() throws {
    let text = """
      stages:
        base-A: {train: {network: net, on: halves.A, solver: sgd}}
        mine: {transfer: {from: base-A, layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd}}
        test-mine: {evaluate: {network: mine}}
        everything: {report: all}
      studies:
        s: {split: halves, network: net, solver: sgd, layers: 1, treatments: [AnB]}
      """
    guard let work = try plan(preamble + text).stage("everything")?.work as? ReportWork else {
      Issue.record("there is a report")
      return
    }
    #expect(work.entries.map(\.treatmentLabel).sorted() == ["A", "AnB", "B"])
  }
}
