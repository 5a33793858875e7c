import ArtifactStore
import Basics
import Definitions
import Execution
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Probes and scores of trained networks, alone and in studies.
@Suite struct AnalysisTests {
  private static func text(
    _ stages: String, train: Int = 40, epochs: Int = 2, studies: String = ""
  ) -> String {
    """
    cambium: 1
    name: analysed
    datasets: {shapes: {source: builtin:shapes, examples: {train: \(train), test: 20}}}
    splits: {halves: {dataset: shapes, random: {tasks: [A, B], seed: 1}}}
    networks:
      net:
        input: [3, 32, 32]
        layers:
          conv1: [conv: {filters: 6, kernel: 5, stride: 4}, batch-norm, relu]
          conv2: [conv: {filters: 8, kernel: 3}, relu, max-pool: {kernel: 2, stride: 2}]
          fc3: [dense: classes]
    solvers: {sgd: {batch: 16, epochs: \(epochs), momentum: 0.9, rate: 0.01}}
    stages:
      base: {train: {network: net, on: halves.A, solver: sgd}}
    \(stages)
    \(studies)
    """
  }

  private func probe(_ stage: String, in summary: RunSummary) throws -> ProbeResult {
    try ProbeResult(of: #require(summary.outcome(of: stage)?.artifact).record)
  }

  @Test func onlyWhatChangedRuns() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      func text(_ classifier: String, measures: String = "all") -> String {
        Self.text(
          """
            p: {probe: {network: base, on: halves.B, classifier: \(classifier)}}
            s: {score: {network: base, on: halves.B, measures: \(measures)}}
          """)
      }
      let first = try await study.run(study.plan(text("logistic")))
      #expect(first.isComplete)
      #expect(
        Set(first.produced)
          == ["prepare-shapes", "base", "p.train", "p.test", "p", "s"],
        "the features of 's' are those of 'p.train'")
      #expect(try await study.run(study.plan(text("logistic"))).produced.isEmpty)
      #expect(try await study.run(study.plan(text("nearest"))).produced == ["p"])
      #expect(
        try await study.run(study.plan(text("logistic", measures: "logme"))).produced == ["s"])
      // The default spelled out.
      let spelled = "{logistic: {decay: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]}}"
      #expect(try await study.run(study.plan(text(spelled))).produced.isEmpty)
    }
  }

  @Test func tellsMoreOfItsOwnTaskThanChance() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = Self.text(
        """
          p: {probe: {network: base, classifier: [logistic, ridge, {nearest: 3}]}}
          one: {probe: {network: base, layers: conv2, classifier: {logistic: {decay: 0.01}}}}
        """, epochs: 6)
      let summary = try await study.run(study.plan(text))
      let found = try probe("p", in: summary)
      #expect(found.fitted == 200 && found.images == 100)
      let layers = ["conv1", "conv1", "conv1", "conv2", "conv2", "conv2", "fc3", "fc3", "fc3"]
      #expect(found.rows.map(\.layer) == layers)
      #expect(found.rows.prefix(3).map(\.classifier) == ["logistic", "ridge", "3 nearest"])
      for row in found.rows {
        #expect(row.isConverged && row.accuracy > 0.2, "\(row)")
        #expect((row.decay == nil) == (row.classifier == "3 nearest"))
      }
      #expect(found.rows.count { $0.accuracy > 0.3 } >= 3)
      let one = try probe("one", in: summary)
      #expect(one.rows.count == 1 && one.rows[0].layer == "conv2")
      #expect(one.rows[0].heldOut == nil && one.rows[0].decay == 0.01)
    }
  }

  @Test func numbersDoNotDependOnThreads() async throws {
    try await withTemporaryFolder { folder in
      let text = Self.text(
        """
          p: {probe: {network: base, on: halves.B, classifier: [logistic, ridge, nearest]}}
          s: {score: {network: base, on: halves.B}}
        """)
      var found: [[Value]] = []
      for threads in [1, 3] {
        let study = Study(in: folder.appending("\(threads)"))
        let summary = try await study.run(study.plan(text), threads: threads)
        found.append(
          try ["p", "s"].map {
            try #require(summary.outcome(of: $0)?.artifact).record.metrics
          })
      }
      #expect(found[0] == found[1])
      let scores = try #require(ScoreResult(metrics: found[0][1]))
      #expect(scores.images == 200)
      let rows = scores.rows.map { row -> String in "\(row.measure.rawValue) \(row.layer ?? "-")" }
      #expect(
        rows == [
          "logme conv1", "logme conv2", "logme fc3", "leep -", "nce -", "h-score conv1",
          "h-score conv2", "h-score fc3", "transrate conv1", "transrate conv2", "transrate fc3",
        ])
    }
  }

  @Test func tooFewImagesAreReported() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = Self.text(
        "  p: {probe: {network: base, on: {task: halves.B, examples: 1}}}", train: 8)
      let summary = try await study.run(study.plan(text))
      guard case .failed(let failure)? = summary.outcome(of: "p") else {
        Issue.record("it cannot hold out an image of each class")
        return
      }
      #expect("\(failure)".contains("too few training images"))
    }
  }

  private static let study = text(
    "", epochs: 6,
    studies: """
      studies:
        main:
          split: halves
          network: net
          solver: sgd
          layers: 1..2
          treatments: [BnB, AnB, AnB+]
          repeat: {seed: [0, 1]}
          analyses:
            probe: {classifier: [logistic, {nearest: 3}]}
            score:
      """)

  @Test func aStudyAnalysesItsBases() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(Self.study)
      let probes = plan.stages.filter { $0.kind == .probe }.map(\.name)
      #expect(
        Set(probes) == [
          "probe-main.base.on-B", "probe-main.base-B.seed-0",
          "probe-main.base-A.seed-1.on-B", "probe-main.base-B.seed-1",
        ])
      let summary = try await study.run(plan)
      #expect(summary.isComplete)
      let source = try ReportSource(
        name: "main", origin: "", of: plan.stages.filter { $0.work.evaluation != nil }.map(\.name),
        analyses: plan.stages.filter { $0.work.analysis != nil }.map(\.name), in: plan,
        from: study.store, fileSystem: LocalFileSystem())
      let files = try reportFiles(
        of: source, Analysis(source.results), ReportExtras(analyses: [.probes, .scores]))
      let page = String(decoding: try #require(files["report.html"]).bytes(), as: UTF8.self)
      #expect(page.contains("id=\"probes\"") && page.contains("id=\"scores\""))
      #expect(page.contains("base, on the other task"))
      let probed = String(decoding: try #require(files["probes.csv"]).bytes(), as: UTF8.self)
      // Four networks, three layers and two classifiers.
      let lines: Int = probed.split(separator: "\n").count
      #expect(lines == 25)
      let table = String(
        decoding: try #require(files["rank-correlations.csv"]).bytes(), as: UTF8.self)
      var correlations: [[Substring]] = []
      for line in table.split(separator: "\n").dropFirst() {
        correlations.append(line.split(separator: ",", omittingEmptySubsequences: false))
      }
      let counts = correlations.map { row -> String in "\(row[0]) \(row[1]) \(row[6])" }
      // Copies of A and of B at two depths and seeds, and fine-tuned ones of A alone, but for those that did not train.
      func trained(_ kind: TreatmentKind) -> Int {
        source.runs.count { $0.result.design.kind == kind && $0.result.top1 != nil }
      }
      #expect(source.runs.count { $0.result.design.kind == .frozen } == 8)
      #expect(source.runs.count { $0.result.design.kind == .fineTuned } == 4)
      #expect(counts.contains("logme frozen \(trained(.frozen))"))
      #expect(counts.contains("logme fine-tuned \(trained(.fineTuned))"))
      // Scores of whole networks are ranked with the deepest transfers alone.
      func deepest(_ kind: TreatmentKind) -> Int {
        source.runs.count {
          $0.result.design.kind == kind && $0.result.design.depth == 2 && $0.result.top1 != nil
        }
      }
      for (label, kind) in [("frozen", TreatmentKind.frozen), ("fine-tuned", .fineTuned)] {
        guard deepest(kind) >= 2 else { continue }
        #expect(counts.contains("leep \(label) \(deepest(kind))"), "\(counts)")
      }
      #expect(deepest(.frozen) == 4)
      #expect(files.keys.contains { $0.hasPrefix("figures/probes-") })
      // The report stage has them too.
      let report = try #require(summary.outcome(of: "main")?.artifact)
      #expect(report.record.inputs.keys.contains("analysis 0"))
    }
  }

  private static let layerwise = text(
    """
      "net-${seed}":
        for: {seed: 0..2}
        train: {network: net, on: halves.B, solver: sgd, seed: "${seed}"}
      "put-back-${seed}":
        for: {seed: 0..2}
        reset: {network: "net-${seed}", draws: 2, statistics: stored}
      "line-${pair.a}-${pair.b}":
        for: {pair: [{a: 0, b: 1}, {a: 1, b: 2}, {a: 0, b: 2}]}
        barrier: {between: ["net-${pair.a}", "net-${pair.b}"], points: 3, statistics: stored}
      "alike-${pair.a}-${pair.b}":
        for: {pair: [{a: 0, b: 1}, {a: 1, b: 2}, {a: 0, b: 2}]}
        compare: {networks: ["net-${pair.a}", "net-${pair.b}"], measures: [cka, weights]}
      others: {compare: {networks: [net-0, base], measures: cka}}
      "moved-${seed}":
        for: {seed: 0..2}
        compare: {network: "net-${seed}", measures: weights}
      all: {report: all}
    """)

  @Test func reportsShowLayersPutBackBarriersAndComparisons() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(study.plan(Self.layerwise))
      #expect(summary.isComplete)
      let fewer = Self.layerwise.replacing("draws: 2", with: "draws: 1")
      #expect(
        try Set(study.plan(fewer).toRunNames) == ["put-back-0", "put-back-1", "put-back-2", "all"])
      // The runner of the test's study shows no analyses; the program's registry does.
      let plan = try study.plan(Self.layerwise)
      let source = try ReportSource(
        name: "all", origin: "", of: [],
        analyses: plan.stages.filter { $0.work.analysis != nil }.map(\.name), in: plan,
        from: study.store, fileSystem: LocalFileSystem())
      #expect(source.analyses.count == 13)
      let files = try reportFiles(
        of: source, Analysis(source.results),
        ReportExtras(analyses: [.resets, .barriers, .comparisons]))
      let page = String(decoding: try #require(files["report.html"]).bytes(), as: UTF8.self)
      func lines(_ name: String) throws -> [Substring] {
        String(decoding: try #require(files[name]).bytes(), as: UTF8.self).split(separator: "\n")
      }
      // Three networks with three layers, put back once and twice; three lines with three points.
      #expect(try lines("resets.csv").count == 1 + 3 * 3 * 3)
      #expect(try lines("barriers.csv").count == 1 + 3 * 3)
      // Layers of the same name in seven comparisons.
      #expect(try lines("comparisons.csv").count == 1 + 7 * 3)
      for title in [
        "base ↔ base<", "base ↔ base of the other task<", "initial weights ↔ base<",
        "Layers put back: base", "CKA of base ↔ base, mean of 3",
      ] { #expect(page.contains(title), "\(title)") }
      // Without any evaluation, a terminal shows them too.
      let text = String(decoding: try #require(files["accuracy.txt"]).bytes(), as: UTF8.self)
      for title in [
        "Barriers\n", "Top-1 accuracy with a layer put back, %\n", "initial weights ↔ base ",
      ] {
        #expect(text.contains(title), "\(title): \(text)")
      }
      #expect(!text.contains("no results") && !page.contains("no results"))
      for name in [
        "reset-base", "barrier-net-halves", "layers-cka", "layers-distance", "layers-cosine",
        "cka-base-base", "cka-base-base-of-the-other-task",
      ] { #expect(files["figures/\(name).svg"] != nil, "\(name)") }

      // Means over three networks, with Student's interval (2 degrees of freedom).
      func interval(_ values: [Double], decimals: Int) -> String {
        let mean = values.reduce(0, +) / 3
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let half = 4.302652729749464 * (squares / 6).squareRoot()
        return "\(fixed(mean, decimals: decimals)) ± \(fixed(half, decimals: decimals))"
      }
      func record(_ stage: String) throws -> StageRecord {
        try #require(summary.outcome(of: stage)?.artifact).record
      }
      let resets = try (0...2).map { try ResetResult(of: record("put-back-\($0)")) }
      let initial = try resets.map { 100 * (try #require($0.layers[1].initial)).top1 }
      #expect(page.contains(">\(interval(initial, decimals: 1))<"))
      let random = try resets.map { 100 * (try #require($0.layers[2].randomTop1)) }
      #expect(page.contains(">\(interval(random, decimals: 1))<"))
      // Pairs that share networks: three values, each without one network, have the jackknife's pseudo-values.
      let heights = try ["1-2", "0-2", "0-1"].map {
        try #require(BarrierResult(of: record("line-\($0)")).loss).height
      }
      let sum = heights.reduce(0, +)
      #expect(page.contains(">\(interval(heights.map { sum - 2 * $0 }, decimals: 4))<"))
    }
  }
}
