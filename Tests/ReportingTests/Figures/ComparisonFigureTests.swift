import ArtifactStore
import Basics
import Planning
import Reporting
import Results
import TestSupport
import Testing

/// What reports draw of comparisons: a line for each group of networks over their layers.
@Suite struct ComparisonFigureTests {
  private let layers = ["conv1", "conv2", "fc3"]

  /// A base compared with its beginning, with a CKA or a distance of each layer.
  private func comparison(
    seed: UInt64, pool: String = "average", cka: [Double] = [], relative: [Double] = []
  ) -> AnalysedNetwork {
    let rows = layers.enumerated().map { index, name in
      ComparisonResult.Layer(
        name: name, cka: cka.isEmpty ? nil : cka[index],
        relative: relative.isEmpty ? nil : relative[index])
    }
    let name = "compare-\(pool)-\(seed)"
    let record = StageRecord(
      fingerprint: Fingerprint(of: name), stage: name, pipeline: "p", kind: "compare", revision: 1,
      settings: ["pool": .string(pool)], inputs: [:], outputs: [:],
      metrics: ComparisonResult(images: 100, layers: rows).metrics, provenance: [:], started: 0,
      seconds: 0)
    let design = run(.base, .top1(0.5), seed: seed).design
    return AnalysedNetwork(
      name: name, kind: .compare,
      network: NetworkAnalysis(
        design: design, other: .beginning, trained: Fingerprint(of: "trained-\(seed)"),
        classes: Fingerprint(of: "classes"), layers: layers),
      artifact: StoredArtifact(record: record, files: [:]))
  }

  /// The files of a report with these comparisons, as text.
  private func files(_ comparisons: [AnalysedNetwork]) throws -> [String: String] {
    var source = ReportSource(
      name: "study", origin: "tests", runs: [.init(result: run(.base, .top1(0.5)))],
      fileSystem: MemoryFileSystem())
    source.analyses = comparisons
    return try reportFiles(
      of: source, Analysis(source.results), ReportExtras(analyses: [.comparisons])
    ).mapValues { try $0.text }
  }

  private func texts(_ document: String?) throws -> [String] {
    try elements(of: #require(document)).filter { $0.name == "text" }.map(\.text)
  }

  @Test func intervalsEndAtTheLargestCKA() throws {
    let files = try files([
      comparison(seed: 0, cka: [0.99, 0.98, 0.9]), comparison(seed: 1, cka: [0.6, 0.97, 0.8]),
      comparison(seed: 2, cka: [0.9, 0.99, 0.7]),
    ])
    let ticks = try texts(files["figures/layers-cka.svg"]).compactMap { Double($0) }
    #expect(ticks.max() == 1)
    // 0.83 ± 0.51
    let page = try #require(files[ArtifactFile.reportPage.name])
    #expect(page.contains("1.000]"), "the interval of conv1 ends at 1")
    #expect(!page.contains("0.830 ±"))
  }

  @Test func theAxisHasTheNamesOfLayers() throws {
    let files = try files([comparison(seed: 0, cka: [0.9, 0.8, 0.7])])
    let texts = try texts(files["figures/layers-cka.svg"])
    for layer in layers { #expect(texts.contains(layer)) }
    #expect(!texts.contains("3"))
  }

  @Test func activationsThatWerePooledDifferentlyHaveFiguresOfTheirOwn() throws {
    let files = try files([
      comparison(seed: 0, pool: "none", cka: [0.9, 0.8, 0.7]),
      comparison(seed: 1, pool: "average", cka: [0.5, 0.4, 0.3]),
    ])
    let figures = ["layers-cka", "layers-cka-2"].map { files["figures/\($0).svg"] }
    for (figure, pool) in zip(figures, ["none", "average"]) {
      let found = try elements(of: #require(figure))
      #expect(found.contains { $0.name == "text" && $0.text == "CKA (pool: \(pool))" })
      let marks = found.filter { $0.name == "title" && $0.path.last == "path" }.map(\.text)
      #expect(marks.count == 3 && marks.allSatisfy { $0.hasPrefix("compare-\(pool)-") })
    }
    let page = try #require(files[ArtifactFile.reportPage.name])
    #expect(page.contains("every value is compared (pool: none)"))
    #expect(page.contains("means over their places are compared (pool: average)"))
  }

  @Test func aLayerThatWasDrawnAnewDoesNotSetTheScale() throws {
    let files = try files([comparison(seed: 0, relative: [0.05, 0.08, 1.45])])
    let document = try #require(files["figures/layers-distance.svg"])
    let texts = try texts(document)
    #expect(texts.contains("145.0"))
    let ticks = texts.compactMap { Double($0) }.filter { $0 != 145 }
    #expect(try #require(ticks.max()) <= 10)
    let page = try #require(files[ArtifactFile.reportPage.name])
    #expect(page.contains("Beyond the scale, such as layers that were re-initialized: fc3."))
  }

  /// Without anything to hide, the scale has all layers.
  @Test(arguments: [[0, 0, 1.45], [1.4, 1.42, 1.45], [0.3, 0.9, 1.2]])
  func otherDistancesAreDrawnToScale(_ relative: [Double]) throws {
    let files = try files([comparison(seed: 0, relative: relative)])
    let texts = try texts(files["figures/layers-distance.svg"])
    let largest = try #require(texts.compactMap { Double($0) }.max())
    #expect(largest >= 100 * relative[2])
    #expect(try !#require(files[ArtifactFile.reportPage.name]).contains("Beyond the scale"))
  }
}
