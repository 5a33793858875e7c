import ArtifactStore
import Basics
import Engine
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Two bases of one task that are trained in different ways: transfers come from the second.
private let twoBases = """
  cambium: 1
  name: small
  datasets: {shapes: {source: builtin:shapes, examples: {train: 12, test: 6}}}
  splits: {kinds: {dataset: shapes, classes: {natural: [branch, flower, leaf], made: [gear, house, ladder]}}}
  networks:
    net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}, relu], fc2: [dense: classes]}}
  solvers:
    sgd: {batch: 12, epochs: 2, momentum: 0.9, rate: 0.05}
    adam: {rule: adamw, batch: 12, epochs: 2, rate: 0.01, label-smoothing: 0.1}
    tiny: {batch: 12, epochs: 1, rate: 1e-4}
  stages:
    base-sgd: {train: {network: net, on: kinds.natural, solver: sgd}}
    base-adam: {train: {network: net, on: kinds.natural, solver: adam}}
    tuned: {transfer: {from: base-adam, layers: {last 1: initialize, rest: fine-tune}, on: kinds.made, solver: tiny}}
    phased:
      transfer:
        from: base-adam
        on: {task: kinds.made, examples: 6}
        solver: tiny
        phases: [{layers: {last 1: initialize, rest: freeze}}, {layers: {rest: fine-tune}}]
    "test-${net}": {for: {net: [base-sgd, base-adam, tuned, phased]}, evaluate: {network: "${net}"}}
    table: {report: all}
  """

/// What a report says of the network that layers were copied from.
@Suite struct TransferSourceTests {
  private struct Reader: FilterReader {
    func filters(
      _ name: String, shape: [Int], in weights: FilePath
    ) throws(DiagnosticError) -> [Float] {
      (try? Weights(contentsOf: weights))?[name]?.values ?? []
    }
  }

  @Test func filtersAreComparedWithThoseThatWereCopied() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(twoBases)
      let summary = try await study.run(plan)
      let source = try ReportSource(
        name: "small", origin: "tests",
        of: plan.stages.filter { $0.kind == .evaluate }.map(\.name), in: plan, from: study.store,
        fileSystem: LocalFileSystem())
      let figures = try StudyFigures(source, Analysis(source.results), filters: Reader())
      let captions = figures.experiments.flatMap(\.filters).map(\.caption)
      func filters(_ stage: String) throws -> [Float] {
        try #require(study.weights(of: stage, in: summary)["conv1.weight"]).values
      }
      let before = try filters("base-adam")
      for (stage, note) in [("tuned", ""), ("phased", ", after its last phase")] {
        let after = try filters(stage)
        func power(_ values: [Float]) -> Double {
          values.reduce(0) { $0 + Double($1) * Double($1) }
        }
        let change = (power(zip(after, before).map { $0 - $1 }) / power(before)).squareRoot()
        #expect(change > 0 && change < 0.02)
        let panels = "Panels: base-adam, which layers were copied from; \(stage)\(note); change."
        let caption = try #require(captions.first { $0.contains(panels) }, "\(captions)")
        let told = try #require(
          caption.firstMatch(of: /changes is ([0-9.]+) % of that/).flatMap { Double($0.1) })
        #expect(abs(told - 100 * change) < 0.06 * 100 * change, "\(told) for \(100 * change)")
      }
    }
  }

  @Test func theStageDrawsAndListsTheSameSource() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      // Long enough, and on enough test images, for accuracies above chance.
      let trained = twoBases.replacing("epochs: 2", with: "epochs: 20")
        .replacing("test: 6", with: "test: 40")
      let summary = try await study.run(study.plan(trained))
      let table = try #require(summary.outcome(of: "table")?.artifact)
      let text = try String(
        decoding: LocalFileSystem().read(#require(table.files["accuracy.txt"])), as: UTF8.self)
      #expect(text.contains("bases that layers are copied from: natural "), "\(text)")
      // A table of the bases that were trained in two ways, and the one that is a source.
      #expect(text.contains("\nbase, solver sgd "), "\(text)")
      func accuracy(_ solver: String) throws -> Double {
        let line = text.split(separator: "\n").first { $0.hasPrefix("base, solver \(solver) ") }
        return try #require(line?.split(separator: " ").last.flatMap { Double($0) }, "\(text)")
      }
      let (own, other) = (try accuracy("adam"), try accuracy("sgd"))
      try #require(own != other)
      #expect(text.contains("copied from: natural \(own)\n"), "\(text)")
      let means = try String(
        decoding: LocalFileSystem().read(#require(table.files["means.csv"])), as: UTF8.self)
      #expect(
        means.contains("\"base, solver sgd\",0,") && means.contains("\"base, solver adam\",0,"))
    }
  }
}
