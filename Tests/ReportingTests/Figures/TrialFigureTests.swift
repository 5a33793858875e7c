import ArtifactStore
import Basics
import Reporting
import Results
import SystemPackage
import TestSupport
import Testing

/// Figures of layers put back, of lines between networks, and of comparisons: sound for any number of layers and any values.
@Suite struct TrialFigureTests {
  private func figures(
    _ kind: StageFigures, metrics: Value, files: [String: [UInt8]] = [:]
  ) throws -> [Figure] {
    let fileSystem = MemoryFileSystem()
    var paths: [String: FilePath] = [:]
    for (name, bytes) in files {
      paths[name] = FilePath("/\(name)")
      try fileSystem.write(bytes, to: FilePath("/\(name)"))
    }
    let record = StageRecord(
      fingerprint: Fingerprint(of: "s"), stage: "s", pipeline: "p", kind: "reset", revision: 1,
      settings: [:], inputs: [:], outputs: [:], metrics: metrics, provenance: [:], started: 0,
      seconds: 0)
    return try kind.figures(
      of: .init(
        name: "a stage & <more>", artifact: StoredArtifact(record: record, files: paths),
        filters: NoFilters(), fileSystem: fileSystem))
  }

  private struct NoFilters: FilterReader {
    func filters(
      _ parameter: String, shape: [Int], in weights: FilePath
    ) throws(DiagnosticError) -> [Float] { [] }
  }

  private func score(_ top1: Double, _ loss: Double?) -> TrialScore {
    TrialScore(images: 1000, top1: top1, loss: loss)
  }

  @Test(arguments: [0, 1, 8, 60]) func resets(layers: Int) throws {
    var result = ResetResult(trained: score(0.8, 0.5), layers: [])
    for index in 0..<layers {
      let name = "layer \(index) " + String(repeating: "long ", count: index % 7)
      var layer = ResetResult.Layer(name: name)
      if index % 3 != 0 { layer.initial = score(0.1 * Double(index % 8), 2) }
      if index % 4 != 1 { layer.random = [score(0.1, nil), score(0.3, 3)] }
      result.layers.append(layer)
    }
    let figures = try figures(.reset, metrics: result.metrics)
    #expect(figures.count == 1)
    try figures[0].expectSound()
  }

  @Test func barsOfResetsHaveCaps() throws {
    var layer = ResetResult.Layer(name: "conv1")
    layer.random = [score(0.1, 2), score(0.3, 2)]
    let result = ResetResult(trained: score(0.8, 0.5), layers: [layer])
    let figure = try #require(try figures(.reset, metrics: result.metrics).first)
    let bars = try elements(of: figure.drawing.document).filter {
      $0.attributes["stroke-width"] == "1.4"
        && $0.attributes["class"] == "line-\(Ink.vermilion.rawValue)"
    }
    #expect(bars.count == 3)
  }

  /// Names stand side by side, upright, or as numbers in the caption.
  @Test(arguments: [
    (3, "fc"), (12, "conv"), (20, "a layer with a name of many words"), (60, "block"),
  ])
  func namesOfLayersAreLegible(_ count: Int, _ name: String) throws {
    let rows = (0..<count).map { index in
      ProbeResult.Row(
        layer: "\(name)\(index)", classifier: "linear", accuracy: 0.5, heldOut: nil, decay: nil,
        isConverged: true)
    }
    let result = ProbeResult(fitted: 100, images: 100, rows: rows)
    let figure = try #require(try figures(.probe, metrics: result.metrics).first)
    try figure.expectSound()
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(texts.contains("1 \(name)0") == (name == "fc" || name == "conv"))
    #expect(figure.caption.contains("Layers: 1 \(name)0, ") == (count >= 20))
  }

  @Test(arguments: [3, 11, 1001]) func barriers(points: Int) throws {
    for odd in [nil, 1e9] as [Double?] {
      var line: [BarrierResult.Point] = []
      for index in 0..<points {
        let loss: Double? = index == points / 2 ? odd : 1 + Double(index % 3)
        let position = Double(index) / Double(points - 1)
        line.append(.init(position: position, score: score(0.5, loss)))
      }
      let result = try #require(BarrierResult(line))
      let figures = try figures(.barrier, metrics: result.metrics)
      #expect(figures.count == 1)
      try figures[0].expectSound()
    }
  }

  @Test(arguments: [(1, 1), (8, 8), (3, 20), (50, 54)]) func comparisons(rows: Int, columns: Int)
    throws
  {
    var cka: [[Double?]] = []
    for row in 0..<rows {
      var line: [Double?] = []
      for column in 0..<columns {
        let near = 0.9 / Double(abs(column - row) + 1) - 0.1
        line.append(column == row ? 1 : column % 5 == 3 ? nil : near)
      }
      cka.append(line)
    }
    let comparison = Comparison(
      images: 10_000, first: (0..<rows).map { "block\($0)" },
      second: (0..<columns).map { "layer\($0)" }, cka: cka)
    let figures = try figures(
      .comparison, metrics: ComparisonResult(comparison).metrics,
      files: [Comparison.file.name: comparison.contents])
    #expect(figures.map { $0.name } == ["cka-a-stage-more"])
    try figures[0].expectSound()
  }

  @Test func unitsThatAreNeverActiveHaveNoPictures() throws {
    func exemplar(_ activation: Double) -> LayerPictures.Exemplar {
      .init(
        image: "test/cat/1", activation: activation, width: 2, height: 2,
        pixels: Array(repeating: 200, count: 12))
    }
    let pictures = LayerPictures(
      classes: ["cat"],
      layers: [
        .init(
          name: "conv1", units: [[exemplar(3), exemplar(2)], [exemplar(0), exemplar(0)]],
          places: [], shares: [])
      ])
    let figures = try figures(
      .pictures, metrics: [:], files: [LayerPictures.file.name: pictures.contents])
    #expect(figures.count == 1)
    try figures[0].expectSound()
    // What is drawn later covers what is drawn before it.
    let elements = try elements(of: figures[0].drawing.document)
    let image = try #require(elements.firstIndex { $0.name == "image" })
    let words = try #require(
      elements.firstIndex { $0.name == "text" && $0.text == "never active" })
    #expect(image < words)
    #expect(figures[0].caption.contains("Units without images are zero everywhere"))
  }
}
