import Definitions
import Planning
import Reporting
import Testing

/// Which runs are replicates, and which are compared.
@Suite struct ExperimentTests {
  @Test func tasksOfRandomDivisionsStandForEachOther() throws {
    let analysis = SyntheticStudy(lostCoadaptation: [0, 0.1], specificity: [0, 0.1]).analysis
    #expect(analysis.experiments.count == 1)
    let experiment = try #require(analysis.experiments.first)
    #expect(experiment.scope == .randomDivisions)
    #expect(experiment.series.map(\.label) == ["BnB", "AnB"])
    #expect(experiment.depths == [1, 2])
    #expect(experiment.base?.runs.count == 8)
    #expect(experiment.targets.count == 8)
    #expect(experiment.series(.transfer)?.points.map { $0.values.count } == [8, 8])
  }

  @Test func theOrderIsThePapers() {
    let kinds: [(TreatmentKind, String?, Int)] = [
      (.other, "A", 0), (.random, nil, 0), (.preserved, "A", 2), (.preserved, "A", 1),
      (.preserved, "B", 1), (.fineTuned, "A", 0), (.frozen, "A", 0), (.fineTuned, "B", 0),
      (.frozen, "B", 0),
    ]
    let runs = kinds.map { kind, source, preserved in
      run(kind, source: source, n: 1, .top1(0.5), preserved: preserved)
    }
    #expect(
      analyse(runs).experiments[0].series.map(\.label) == [
        "BnB", "BnB+", "AnB", "AnB+", "Bnp1B", "Anp1B", "Anp2B", "RnB", "AnB (other)",
      ])
  }

  @Test func listedTasksAreNeverPooled() {
    let runs = [("natural", "man-made"), ("man-made", "natural")].flatMap {
      (source, target) -> [RunResult] in
      [
        run(.base, target: target, .top1(0.7), halving: nil, split: "kinds"),
        run(
          .frozen, source: source, target: target, n: 1, .top1(0.6), halving: nil, split: "kinds"),
      ]
    }
    let analysis = analyse(runs)
    #expect(
      analysis.experiments.map(\.title) == [
        "natural → man-made (split kinds)", "man-made → natural (split kinds)",
      ])
    #expect(analysis.experiments.allSatisfy { $0.base?.runs.count == 1 })
    #expect(analysis.experiments[0].otherBases.map(\.design.target) == ["natural"])
    // Figure 3 has one line for both directions.
    #expect(analysis.relative.count == 1)
    #expect(analysis.relative[0].comparison == .dissimilarTasks)
    #expect(analysis.relative[0].points[0].pairs.count == 2)
    #expect(abs(analysis.relative[0].points[0].estimate.mean + 0.1) < 1e-12)
  }

  @Test func aTaskThatOnlyGivesLayersIsNoExperiment() {
    let analysis = analyse([
      run(.base, target: "x", .top1(0.7), halving: nil),
      run(.base, target: "y", .top1(0.8), halving: nil),
      run(.frozen, source: "x", target: "y", n: 1, .top1(0.6), halving: nil),
    ])
    #expect(analysis.experiments.map(\.title) == ["x → y (split halves)"])
    #expect(analysis.experiments[0].otherBases.map(\.design.target) == ["x"])
  }

  @Test func severalNamedSourcesHaveASeriesEach() {
    let runs = ["x", "y"].map {
      run(.frozen, source: $0, target: "z", n: 1, .top1(0.6), halving: nil)
    }
    #expect(analyse(runs).experiments[0].series.map(\.label) == ["AnB from x", "AnB from y"])
    let thirds = ["A", "C"].map { run(.frozen, source: $0, n: 1, .top1(0.6)) }
    #expect(analyse(thirds).experiments[0].series.map(\.label) == ["AnB"])
  }

  @Test func basesOfOtherTasksAreNoReference() {
    // The quick start's design: base A only provides layers.
    let experiment = analyse([
      run(.base, target: "A", .top1(0.9)), run(.base, target: "B", .top1(0.8)),
      run(.frozen, source: "A", n: 1, .top1(0.7)), run(.frozen, source: "B", n: 1, .top1(0.75)),
    ]).experiments[0]
    #expect(experiment.base?.runs.map(\.design.target) == ["B"])
    #expect(experiment.otherBases.map(\.design.target) == ["A"])
    #expect(experiment.targets.map(\.label) == ["0B"])
  }

  /// Layers that come from a file come from no base of the study.
  @Test func basesAreListedOnlyWhereLayersAreCopiedFromThem() throws {
    let bases = [run(.base, target: "A", .top1(0.9)), run(.base, target: "B", .top1(0.8))]
    let copied = analyse(bases + [run(.frozen, source: "A", n: 1, .top1(0.7))]).experiments[0]
    #expect(copied.otherBases.map(\.design.target) == ["A"])
    let imported = analyse(
      bases + [run(.frozen, source: "base.safetensors", n: 1, .top1(0.7))]
    ).experiments[0]
    #expect(imported.otherBases.isEmpty)
  }

  @Test func networksAreNeverPooled() {
    let small = SyntheticStudy(halvings: [0], lostCoadaptation: [0], specificity: [0]).runs
    let large = small.map { run -> RunResult in
      var run = run
      run.design.network = "large"
      run.name += "-large"
      return run
    }
    let analysis = analyse(small + large)
    #expect(analysis.experiments.map(\.network) == [nil, "large"])
    #expect(
      analysis.experiments.map(\.title) == [
        "random tasks (split halves), unknown network", "random tasks (split halves), large",
      ])
    #expect(analysis.warnings.contains(.mixedNetworks(["large", "unknown network"])))
    let one = analyse(large)
    #expect(one.experiments.map(\.title) == ["random tasks (split halves)"])
    #expect(!one.warnings.contains { if case .mixedNetworks = $0 { true } else { false } })
  }

  @Test func limitsOnExamplesAreAxesOrExperimentsOfTheirOwn() throws {
    let whole = ClassDivision.whole
    let analysis = analyse([
      run(.base, target: "all", .top1(0.6), split: "all", division: whole),
      run(.base, target: "all", .top1(0.5), split: "all", division: whole, examples: 100),
      run(
        .base, target: "all", .atChance(Measure(top1: 0.01, images: 1000)), split: "all",
        division: whole, examples: 10),
      run(.frozen, source: "A", n: 1, .top1(0.4), examples: 10),
      run(.frozen, source: "A", n: 1, .top1(0.6)),
    ])
    #expect(
      analysis.experiments.map(\.title) == [
        "all classes", "random tasks (split halves), 10 images per class",
        "random tasks (split halves)",
      ])
    #expect(
      analysis.byExamples.map(\.label) == [
        "base on all", "AnB, n=1 on random tasks (split halves)",
      ])
    let series = try #require(analysis.byExamples.first)
    #expect(series.points.map(\.examples) == [10, 100])
    #expect(series.points[0].estimate == nil && series.points[0].runs.count == 1)
    #expect(series.points[1].estimate?.mean == 0.5)
    #expect(series.unlimited?.estimate?.mean == 0.6)
  }

  /// The source of transfer is trained on all images of another random task.
  @Test func withoutALimitOnlyTheSameTasksCount() throws {
    let limited = [
      run(.base, .top1(0.5), examples: 5), run(.base, .top1(0.6), examples: 20),
    ]
    let source = run(.base, target: "A", .top1(0.9))
    #expect(try #require(analyse(limited + [source]).byExamples.first).unlimited == nil)
    let own = run(.base, .top1(0.7), seed: 3)
    let series = try #require(analyse(limited + [source, own]).byExamples.first)
    #expect(series.unlimited?.runs.map(\.name) == [own.name])
    #expect(series.unlimited?.estimate?.mean == 0.7)
  }

  /// A treatment in phases is compared with the same treatment trained at once, on the same targets.
  @Test func phasesAreComparedWithTrainingAtOnce() throws {
    let study = SyntheticStudy(
      lostCoadaptation: [0, 0.05], specificity: [0.01, 0.1], transferGain: 0.02)
    let phased = study.runs.filter { Treatment($0.design) == .transferFineTuned }.map { run in
      var run = run
      run.name += "-lp-ft"
      run.design.phases = "lp-ft"
      if case .measured(var measure) = run.outcome {
        measure.top1 += 0.01
        run.outcome = .measured(measure)
      }
      return run
    }
    let analysis = analyse(study.runs + phased)
    let experiment = try #require(analysis.experiments.first)
    #expect(analysis.experiments.count == 1)
    #expect(experiment.series.map(\.label) == ["BnB", "AnB", "AnB+", "AnB+ (lp-ft)"])
    var treatment = Treatment.transferFineTuned
    treatment.phases = "lp-ft"
    let contrast = try #require(experiment.contrast(.phases(treatment)))
    #expect(contrast.kind.formula == "AnB+ (lp-ft) − AnB+")
    for point in contrast.points {
      #expect(point.pairs.count == 8)
      #expect(abs((point.estimate?.mean ?? 0) - 0.01) < 1e-9)
    }
    let text = AnalysisTables.contrasts(analysis)
    #expect(text.contains("phases,AnB+ (lp-ft) − AnB+,1"))
    // The treatment of the paper keeps its own contrasts.
    #expect(experiment.contrast(.fineTuningGain)?.points.first?.pairs.count == 8)
  }

  @Test func contrastsArePairedByTarget() throws {
    let experiment = try #require(
      SyntheticStudy(
        lostCoadaptation: [0, 0.05], specificity: [0.01, 0.1], transferGain: 0.02, selfferGain: 0
      ).analysis.experiments.first)
    #expect(experiment.contrasts.map(\.kind) == ContrastKind.paper)
    func mean(_ kind: ContrastKind, _ n: Int) -> Double {
      experiment.contrast(kind)?.points.first { $0.depth == n }?.estimate?.mean ?? .nan
    }
    #expect(abs(mean(.lostCoadaptation, 2) - 0.05) < 0.003)
    #expect(abs(mean(.specificity, 2) - 0.1) < 0.003)
    #expect(abs(mean(.transferCost, 2) - 0.15) < 0.003)
    #expect(abs(mean(.fineTuningGain, 1) - 0.02) < 0.003)
    #expect(abs(mean(.transferGain, 1) - 0.02) < 0.003)
    #expect(abs(mean(.selfferGain, 1)) < 0.003)
    let point = try #require(experiment.contrast(.specificity)?.points.first)
    #expect(point.pairs.count == 8)
    #expect(
      point.pairs.allSatisfy { $0.minuends.map(\.target) == $0.subtrahends.map(\.target) })
    #expect(point.missingMinuend.isEmpty && point.missingSubtrahend.isEmpty)
  }

  @Test func runsWithoutAPartnerAreTold() throws {
    let experiment = analyse([
      run(.base, target: "A", .top1(0.9)), run(.base, target: "B", .top1(0.8)),
      run(.frozen, source: "A", target: "A", n: 1, .top1(0.85)),
      run(.frozen, source: "A", target: "B", n: 1, .top1(0.7)),
    ]).experiments[0]
    let specificity = try #require(experiment.contrast(.specificity)?.points.first)
    #expect(specificity.pairs.isEmpty && specificity.estimate == nil)
    #expect(specificity.missingMinuend.map(\.label) == ["0B"])
    #expect(specificity.missingSubtrahend.map(\.label) == ["0A"])
    let cost = try #require(experiment.contrast(.transferCost)?.points.first)
    #expect(cost.pairs.map(\.target.label) == ["0B"])
    #expect(cost.missingSubtrahend.map(\.label) == ["0A"])
  }

  @Test func aContrastWithoutASideIsLeftOut() {
    let experiment = analyse([
      run(.base, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.7)),
    ]).experiments[0]
    #expect(experiment.contrasts.map(\.kind) == [.transferCost])
    #expect(experiment.boosts.isEmpty)
  }

  @Test func seedsArePairedAndMayShareABase() throws {
    let transfers = (0..<3).map {
      run(.frozen, source: "A", n: 1, .top1(0.7 + 0.01 * Double($0)), seed: UInt64($0))
    }
    let shared = analyse([run(.base, .top1(0.8))] + transfers).experiments[0]
    let cost = try #require(shared.contrast(.transferCost)?.points.first)
    #expect(cost.pairs.map { ($0.difference * 100).rounded() } == [10, 9, 8])
    #expect(cost.missingMinuend.isEmpty)
    #expect(cost.pairs.map(\.target.label) == ["0B", "0B (seed 1)", "0B (seed 2)"])

    let bases = (0..<2).map { run(.base, .top1(0.8 + 0.1 * Double($0)), seed: UInt64($0)) }
    let own = analyse(bases + transfers).experiments[0]
    let paired = try #require(own.contrast(.transferCost)?.points.first)
    #expect(paired.pairs.map { ($0.difference * 100).rounded() } == [10, 19])
    // With two bases to choose from, the third seed has none of its own.
    #expect(paired.missingMinuend.map(\.label) == ["0B (seed 2)"])
    // Only a base is shared: a selffer is a run of its own seed.
    let selffer = analyse([run(.frozen, source: "B", n: 1, .top1(0.8))] + transfers)
    let specificity = selffer.experiments[0].contrast(.specificity)?.points.first
    #expect(specificity?.pairs.count == 1 && specificity?.missingMinuend.count == 2)
  }

  @Test func theOnlyBaseThatTrainedIsNotEverySeeds() throws {
    let chance = RunOutcome.atChance(Measure(top1: 0.2, images: 1000))
    let transfers = (0..<3).map {
      run(.frozen, source: "A", n: 1, .top1(0.7), seed: UInt64($0))
    }
    let bases = [
      run(.base, .top1(0.8), seed: 0), run(.base, chance, seed: 1),
      run(.base, .diverged("nan"), seed: 2),
    ]
    let cost = try #require(
      analyse(bases + transfers).experiments[0].contrast(.transferCost)?.points.first)
    #expect(cost.pairs.map(\.target.label) == ["0B"])
    #expect(cost.missingMinuend.map(\.label) == ["0B (seed 1)", "0B (seed 2)"])
  }

  @Test func unitsAreTasksOrTrainingsThatShareNoBase() throws {
    /// Bases and frozen transfers on tasks of halvings, with a base for each seed or one for all.
    func estimates(
      halvings: Range<UInt64>, seeds: Range<UInt64>, sharesBase: Bool
    ) throws -> (cost: Estimate, base: Estimate, transfer: Estimate) {
      var runs: [RunResult] = []
      for halving in halvings {
        for (target, other) in [("A", "B"), ("B", "A")] {
          for seed in seeds {
            let top1 = 0.5 + 0.01 * Double(halving) + 0.001 * Double(seed)
            if seed == 0 || !sharesBase {
              runs.append(run(.base, target: target, .top1(top1), halving: halving, seed: seed))
            }
            runs.append(
              run(
                .frozen, source: other, target: target, n: 1, .top1(0.4), halving: halving,
                seed: seed))
          }
        }
      }
      let experiment = try #require(analyse(runs).experiments.first)
      return (
        try #require(experiment.contrast(.transferCost)?.points.first?.estimate),
        try #require(experiment.base?.estimate),
        try #require(experiment.series(.transfer)?.points.first?.estimate)
      )
    }
    let many = try estimates(halvings: 0..<3, seeds: 0..<4, sharesBase: true)
    #expect(many.cost.units == 6 && many.cost.count == 24)
    #expect(many.base.units == 6 && many.transfer.units == 6 && many.transfer.count == 24)
    let owned = try estimates(halvings: 0..<3, seeds: 0..<4, sharesBase: false)
    #expect(owned.cost.units == 6 && owned.base.units == 6 && owned.base.count == 24)
    let one = try estimates(halvings: 0..<1, seeds: 0..<4, sharesBase: false)
    #expect(one.cost.units == 8 && one.base.units == 2)
    let shared = try estimates(halvings: 0..<1, seeds: 0..<4, sharesBase: true)
    #expect(shared.cost.units == 2 && shared.cost.method == .student)
  }

  @Test func pairsOfOneTargetAtSeveralDepthsAreOneUnit() throws {
    let runs = (UInt64(0)..<3).flatMap { seed -> [RunResult] in
      [run(.base, .top1(0.8), halving: nil, seed: seed)]
        + (1...4).map {
          run(
            .fineTuned, source: "A", n: $0, .top1(0.8 + 0.01 * Double(seed)), halving: nil,
            seed: seed)
        }
    }
    let boost = try #require(analyse(runs).experiments.first?.boosts.first?.paired)
    #expect(boost.count == 12 && boost.units == 3)
  }

  @Test func repetitionsThatNothingTellsApartAreOnePair() throws {
    let runs = (0..<3).flatMap { index in
      [
        run(.base, .top1(0.8 + 0.01 * Double(index)), halving: nil, name: "base \(index)"),
        run(
          .frozen, source: "A", n: 1, .top1(0.7), halving: nil, name: "transfer \(index)"),
      ]
    }
    let cost = analyse(runs).experiments[0].contrast(.transferCost)?.points[0].estimate
    #expect(cost?.count == 1 && cost?.units == 1 && cost?.method == Estimate.Method.none)
    #expect(abs((cost?.mean ?? 0) - 0.11) < 1e-12)
  }

  @Test func twoSourcesAreComparedWithOneSelfferByTheirMean() {
    let experiment = analyse([
      run(.frozen, source: "B", n: 1, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.7)),
      run(.frozen, source: "C", n: 1, .top1(0.6)),
    ]).experiments[0]
    let pairs = experiment.contrast(.specificity)?.points.first?.pairs ?? []
    #expect(pairs.count == 1 && abs(pairs[0].difference - 0.15) < 1e-12)
  }

  @Test func runsThatDidNotTrainAreInNoMeanAndNoPair() throws {
    let chance = RunOutcome.atChance(Measure(top1: 0.2, images: 1000))
    let experiment = analyse([
      run(.base, .top1(0.8)), run(.base, target: "A", .top1(0.7)),
      run(.frozen, source: "A", n: 1, .top1(0.6)),
      run(.frozen, source: "B", target: "A", n: 1, chance),
      run(.frozen, source: "A", n: 2, .diverged("nan")),
      run(.frozen, source: "B", target: "A", n: 2, .missing("not yet")),
    ]).experiments[0]
    let points = try #require(experiment.series(.transfer)?.points)
    #expect(points[0].values == [0.6] && points[0].untrained.count == 1)
    #expect(points[1].estimate == nil)
    #expect(points[1].diverged.count == 1 && points[1].missing.count == 1)
    #expect(experiment.contrast(.transferCost)?.points.map(\.pairs.count) == [1, 0])
  }

  @Test func singleRunsHaveBinomialIntervals() {
    let experiment = analyse([
      run(.base, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.7, images: nil)),
      run(.frozen, source: "A", n: 2, .top1(0.7)),
    ]).experiments[0]
    #expect(experiment.base?.estimate?.method == .binomial)
    #expect(
      experiment.series[0].points.map { $0.estimate?.method } == [Estimate.Method.none, .binomial])
    #expect(
      experiment.contrasts[0].points.map { $0.estimate?.method } == [
        Estimate.Method.none, .binomial,
      ])
  }

  @Test func anEmptyStudyHasNothing() {
    let analysis = analyse([])
    #expect(analysis.experiments.isEmpty && analysis.relative.isEmpty)
    #expect(analysis.byExamples.isEmpty && analysis.warnings.isEmpty)
    #expect(AnalysisText(analysis).text == "there are no results\n")
  }

  @Test func tenThousandRunsAreHandled() {
    let study = SyntheticStudy(
      halvings: Array(0..<250), lostCoadaptation: [0, 0.01, 0.02, 0.03, 0.05],
      specificity: [0, 0.01, 0.02, 0.03, 0.05], transferGain: 0.01, selfferGain: 0)
    let runs = study.runs
    #expect(runs.count == 10_500)
    let analysis = analyse(runs)
    #expect(analysis.experiments[0].contrast(.specificity)?.points.last?.pairs.count == 500)
    #expect(analysis.experiments[0].verdict.depths(.cost).first == 2)
    #expect(AnalysisText(analysis).text.split(separator: "\n").count < 60)
  }
}
