import Basics
import Definitions
import Planning
import Reporting
import Testing

/// What is averaged and compared: never runs that differ in their settings.
@Suite struct SettingsTests {
  /// A run with variables: `lr=0.02 solver=high`.
  private func at(
    _ variables: String, _ kind: TreatmentKind, source: String? = nil, n: Int = 0,
    _ top1: Double, seed: UInt64 = 0, role: RunVariable.Role = .setting
  ) -> RunResult {
    var run = run(kind, source: source, n: n, .top1(top1), seed: seed, name: "\(top1)")
    for part in variables.split(separator: " ") {
      let sides = part.split(separator: "=").map(String.init)
      run.design.variables[sides[0]] = RunVariable(VariableValue(sides[1]), role: role)
    }
    return run
  }

  private func costs(_ analysis: Analysis) -> [String] {
    analysis.experiments.map { experiment in
      let pairs = experiment.contrast(.transferCost)?.points.flatMap(\.pairs) ?? []
      return
        "\(experiment.conditions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")): "
        + pairs.map { "\($0.minuends[0].name)-\($0.subtrahends[0].name)" }.joined(separator: " ")
    }
  }

  @Test func everySettingIsAnExperiment() throws {
    let analysis = analyse([
      at("lr=0.02", .base, 0.80), at("lr=0.002", .base, 0.60),
      at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
      at("lr=0.002", .frozen, source: "A", n: 1, 0.40),
      at("lr=0.02", .frozen, source: "A", n: 1, 0.72, seed: 1),
    ])
    #expect(
      analysis.experiments.map(\.title) == [
        "random tasks (split halves), lr 0.02", "random tasks (split halves), lr 0.002",
      ])
    #expect(costs(analysis) == ["lr=0.02: 0.8-0.7 0.8-0.72", "lr=0.002: 0.6-0.4"])
    #expect(analysis.experiments[0].series[0].points[0].estimate?.mean == 0.71)
    #expect(AnalysisTables.means(analysis).contains("(split halves), lr 0.02"))
  }

  @Test func whatAllRunsAgreeOnIsNotNamed() {
    let analysis = analyse([
      at("lr=0.02", .base, 0.80), at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
    ])
    #expect(analysis.experiments.map(\.title) == ["random tasks (split halves)"])
  }

  /// A base that is trained once serves transfers under every setting.
  @Test func aBaseThatDoesNotDependOnASettingServesAll() {
    let analysis = analyse([
      at("", .base, 0.80), at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
      at("lr=0.002", .frozen, source: "A", n: 1, 0.40),
    ])
    #expect(costs(analysis) == ["lr=0.02: 0.8-0.7", "lr=0.002: 0.8-0.4"])
  }

  @Test func aBaseOfTheSameSettingIsPreferred() {
    let analysis = analyse([
      at("", .base, 0.80), at("lr=0.002", .base, 0.60),
      at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
      at("lr=0.002", .frozen, source: "A", n: 1, 0.40),
    ])
    #expect(costs(analysis) == ["lr=0.02: 0.8-0.7", "lr=0.002: 0.6-0.4"])
  }

  @Test func aBaseOfAnotherSettingIsNoReference() {
    let analysis = analyse([
      at("lr=0.02", .base, 0.80), at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
      at("lr=0.002", .frozen, source: "A", n: 1, 0.40), at("lr=0.1", .base, 0.50),
    ])
    #expect(costs(analysis) == ["lr=0.02: 0.8-0.7", "lr=0.002: ", "lr=0.1: "])
    #expect(analysis.experiments[2].base?.estimate?.mean == 0.5)
  }

  /// Two bases are possible, and nothing determines which is meant.
  @Test func basesOfTwoSettingsAreNeverPooled() {
    let analysis = analyse([
      at("lr=0.02", .base, 0.80), at("lr=0.002", .base, 0.60),
      at("", .frozen, source: "A", n: 1, 0.70),
    ])
    #expect(costs(analysis) == [": ", "lr=0.02: ", "lr=0.002: "])
    #expect(analysis.experiments[0].base == nil)
  }

  @Test func aTreatmentThatDependsOnOneOfTwoSettingsServesTheOther() {
    let analysis = analyse([
      at("lr=1", .base, 0.80), at("lr=2", .base, 0.60),
      at("lr=1", .random, n: 1, 0.30), at("lr=2", .random, n: 1, 0.20),
      at("lr=1 mean=source", .frozen, source: "A", n: 1, 0.71),
      at("lr=1 mean=target", .frozen, source: "A", n: 1, 0.72),
      at("lr=2 mean=source", .frozen, source: "A", n: 1, 0.51),
      at("lr=2 mean=target", .frozen, source: "A", n: 1, 0.52),
    ])
    #expect(
      costs(analysis) == [
        "lr=1 mean=source: 0.8-0.71", "lr=1 mean=target: 0.8-0.72",
        "lr=2 mean=source: 0.6-0.51", "lr=2 mean=target: 0.6-0.52",
      ])
    #expect(
      analysis.experiments.map { $0.series(.random)?.points[0].values ?? [] } == [
        [0.3], [0.3], [0.2], [0.2],
      ])
  }

  @Test func whatIsNotStatedIsNoReplicateOfWhatIs() {
    let analysis = analyse([
      at("", .base, 0.80), at("lr=0.02", .frozen, source: "A", n: 1, 0.70),
      at("", .frozen, source: "A", n: 1, 0.40),
    ])
    #expect(
      analysis.experiments.map(\.title) == [
        "random tasks (split halves), lr 0.02", "random tasks (split halves), lr not stated",
      ])
  }

  @Test func replicatesArePairedByWhatTellsThemApart() throws {
    let analysis = analyse([
      at("draw=1", .base, 0.80, role: .replicate), at("draw=2", .base, 0.60, role: .replicate),
      at("draw=1", .frozen, source: "A", n: 1, 0.70, role: .replicate),
      at("draw=2", .frozen, source: "A", n: 1, 0.40, role: .replicate),
    ])
    #expect(costs(analysis) == [": 0.8-0.7 0.6-0.4"])
    #expect(!analysis.warnings.contains { if case .indistinguishable = $0 { true } else { false } })
  }

  @Test func scoresOfDifferentRulesAreNeverPooled() {
    let analysis = analyse(
      ["final", "mean of best 10 on test"].map { rule in
        var run = run(.base, .measured(Measure(top1: 0.5, images: 100, rule: rule)), name: rule)
        run.design.score = rule
        return run
      })
    #expect(
      analysis.experiments.map(\.title) == [
        "random tasks (split halves), score: final",
        "random tasks (split halves), score: mean of best 10 on test",
      ])
  }

  @Test func curvesByExamplesAndRelativeOnesAreOfOneSetting() throws {
    var runs = ["lr=0.02", "lr=0.002"].flatMap { lr in
      [at(lr, .base, 0.8), at(lr, .frozen, source: "A", n: 1, 0.7)]
    }
    for index in runs.indices { runs[index].name += " \(index)" }
    let limited = runs.map { run in
      var run = run
      run.design.examples = 10
      run.name += " of 10"
      return run
    }
    let analysis = analyse(runs + limited)
    #expect(
      analysis.relative.map(\.label) == [
        "AnB, random tasks (split halves), lr 0.02", "AnB, random tasks (split halves), lr 0.002",
        "AnB, random tasks (split halves), 10 images per class, lr 0.02",
        "AnB, random tasks (split halves), 10 images per class, lr 0.002",
      ])
    #expect(
      analysis.byExamples.map(\.label) == [
        "base on random tasks (split halves), lr 0.02",
        "AnB, n=1 on random tasks (split halves), lr 0.02",
        "base on random tasks (split halves), lr 0.002",
        "AnB, n=1 on random tasks (split halves), lr 0.002",
      ])
    #expect(analysis.byExamples.allSatisfy { $0.points.allSatisfy { $0.runs.count == 1 } })
  }

  /// A curve by examples is of one recipe, though no two recipes have the same limit.
  @Test func recipesShareNoCurveByExamples() {
    let runs = [("high", 10), ("high", 20), ("low", 40)].map { solver, examples in
      var run = at("solver=\(solver)", .fineTuned, source: "A", n: 1, 0.5)
      run.design.examples = examples
      run.name += "\(examples)"
      return run
    }
    #expect(
      analyse(runs).byExamples.map { "\($0.label): \($0.points.map(\.examples))" } == [
        "AnB+, n=1 on random tasks (split halves), solver high: [10, 20]",
        "AnB+, n=1 on random tasks (split halves), solver low: [40]",
      ])
  }

  @Test func phasesArePairedWithTheSameRecipe() {
    func phased(_ variables: String, _ top1: Double) -> RunResult {
      var run = at(variables, .fineTuned, source: "A", n: 1, top1)
      run.design.phases = "lp-ft"
      return run
    }
    let kind = ContrastKind.phases(Treatment(phased("", 0).design))
    func pairs(_ runs: [RunResult]) -> [String] {
      analyse(runs).experiments.flatMap { $0.contrast(kind)?.points.flatMap(\.pairs) ?? [] }
        .map(\.name)
    }
    let whole = at("solver=high", .fineTuned, source: "A", n: 1, 0.5)
    #expect(pairs([whole, phased("solver=high", 0.6)]) == ["0.6 − 0.5"])
    #expect(pairs([whole, phased("solver=low", 0.6)]).isEmpty)
    // Phases that do not depend on a setting belong to all its values.
    #expect(
      pairs([
        whole, at("solver=low", .fineTuned, source: "A", n: 1, 0.4), phased("", 0.6),
      ]) == ["0.6 − 0.5", "0.6 − 0.4"])
  }

  /// Bases that only provide layers are shown where they are a comparison themselves.
  @Test func basesOfSeveralRecipesAreATable() {
    func listed(_ run: RunResult, _ target: String) -> RunResult {
      var run = run
      run.design.division = .listed
      run.design.target = target
      return run
    }
    let transfer = listed(at("", .frozen, source: "x", n: 1, 0.7), "y")
    let bases = [
      listed(at("solver=high", .base, 0.8), "x"), listed(at("solver=low", .base, 0.6), "x"),
      listed(at("solver=low", .base, 0.62, seed: 1), "x"),
    ]
    let analysis = analyse(bases + [transfer])
    #expect(analysis.experiments.map(\.title) == ["x (split halves)", "x → y (split halves)"])
    #expect(
      analysis.experiments[0].series.map { "\($0.label) \($0.points[0].values)" } == [
        "base, solver high [0.8]", "base, solver low [0.6, 0.62]",
      ])
    let means = AnalysisTables.means(analysis)
    #expect(means.contains("\"base, solver high\",0,0.8,"))
    #expect(
      AnalysisText(analysis).text.contains("\nbase, solver high  80.0\nbase, solver low   61.0\n"))
    // Those of one recipe are not.
    #expect(analyse([bases[0], transfer]).experiments.map(\.title) == ["x → y (split halves)"])
  }

  /// Of several bases of the task that layers come from, only the sources are listed, by their stages.
  @Test func sourcesAreTheNetworksThatLayersWereCopiedFrom() {
    func lineage(_ run: RunResult, _ stage: String, from origin: String? = nil) -> RunResult {
      func input(_ stage: String) -> StageInput {
        StageInput(role: "network", stage: stage, fingerprint: Fingerprint(of: stage))
      }
      var run = run
      run.name = "test-\(stage)"
      run.design.division = .listed
      run.lineage = RunResult.Lineage(trained: input(stage), origin: origin.map(input))
      return run
    }
    func base(_ name: String, _ top1: Double) -> RunResult {
      var run = run(.base, target: "x", .top1(top1))
      run.design.variables["solver"] = RunVariable(.text(name))
      return lineage(run, name)
    }
    func transfer(_ name: String, from origin: String) -> RunResult {
      lineage(run(.frozen, source: "x", target: "y", n: 1, .top1(0.5)), name, from: origin)
    }
    let bases = [base("sgd", 0.38), base("adam", 0.407), base("other", 0.6)]
    func sources(_ transfers: [RunResult]) -> String? {
      analyse(bases + transfers).experiments.first { $0.title.hasPrefix("x → y") }?.sourcesInWords
    }
    #expect(
      sources([transfer("one", from: "adam")]) == "bases that layers are copied from: x 40.7")
    #expect(
      sources([transfer("one", from: "adam"), transfer("two", from: "sgd")])
        == "bases that layers are copied from: x (adam) 40.7, x (sgd) 38.0")
    #expect(sources([transfer("one", from: "not reported")]) == nil)
  }

  @Test func numbersAreTheSameHoweverWritten() {
    #expect(VariableValue("0.02") == VariableValue("2e-2"))
    #expect(VariableValue("1.0") == VariableValue(Value.integer(1)))
    #expect(VariableValue("-0") == .number(0) && "\(VariableValue("1.0"))" == "1")
    #expect(VariableValue("nan") == .text("nan") && VariableValue("0x10") == .text("0x10"))
    #expect(VariableValue("1e999") == .text("1e999"))
    #expect(VariableValue("9007199254740993") != VariableValue("9007199254740992"))
    #expect(VariableValue(Value.bool(true)) == VariableValue("true"))
  }
}
