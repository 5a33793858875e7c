import ArtifactStore
import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// What most activates the units of a network.
@Suite struct PicturesTests {
  private static func text(_ pictures: String) -> String {
    """
    cambium: 1
    name: seen
    datasets: {shapes: {source: builtin:shapes, examples: {train: 10, test: 12}}}
    networks:
      net:
        input: [3, 28, 28]
        layers:
          conv1: [conv: {filters: 6, kernel: 5, stride: 2}, relu]
          conv2: [conv: {filters: 4, kernel: 3}, relu, max-pool: {kernel: 2, stride: 2}]
          fc3: [dense: classes]
    solvers: {sgd: {batch: 16, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      seen: {pictures: \(pictures)}
      kept: {features: {network: base, pool: none}}
    """
  }

  @Test func areTheStrongestActivations() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(Self.text("{network: base, units: 3, images: 4}"))
      let summary = try await study.run(plan)
      #expect(summary.isComplete)
      let artifact = try #require(summary.outcome(of: "seen")?.artifact)
      let pictures = try #require(
        try artifact.result(LayerPictures.self, from: LocalFileSystem()))
      let kept = try #require(summary.outcome(of: "kept")?.artifact)
      let features = try Weights(contentsOf: #require(kept[.features]))
      let images = try #require(try kept.result(FeatureImages.self, from: LocalFileSystem()))
      #expect(pictures.layers.map(\.name) == ["conv1", "conv2", "fc3"])
      for (layer, tensor) in zip(pictures.layers, features.tensors) {
        let places = tensor.shape.dropFirst(2).reduce(1, *)
        let size = tensor.shape[1] * places
        #expect(layer.units.count == 3 && layer.places.count == 120)
        for (unit, exemplars) in layer.units.enumerated() {
          let largest = (0..<tensor.shape[0]).map { image in
            let start = image * size + unit * places
            return tensor.values[start..<start + places].max() ?? 0
          }
          let order = largest.indices.sorted {
            (largest[$1], $0) < (largest[$0], $1)
          }.prefix(4)
          #expect(exemplars.map(\.image) == order.map { images.name(of: $0) })
          #expect(exemplars.map(\.activation) == order.map { Double(largest[$0]) })
        }
      }
      // Windows of five pixels; two convolutions and pooling see 5 + 2 · (3 + 1 − 1) = 11.
      #expect(pictures.layers[0].units.joined().allSatisfy { $0.width == 5 && $0.height == 5 })
      #expect(pictures.layers[1].units.joined().allSatisfy { $0.width == 11 && $0.height == 11 })
      // Twelve windows, two pixels apart: 5 + 2 · 11; the last pixel is in none.
      #expect(
        Set(pictures.layers[2].units.joined().map { [$0.width, $0.height] }) == [[27, 27]])

      let figures = try StageFigures.pictures.figures(
        of: .init(
          name: "seen", artifact: artifact, filters: NoFilters(), fileSystem: LocalFileSystem()))
      #expect(figures.count == 6)
      #expect(figures.contains { $0.name == "seen-units-conv1" })
      #expect(figures.contains { $0.name == "seen-components-fc3" })
    }
  }

  @Test func onlyWhatChangedRuns() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan(Self.text("{network: base}")))
      #expect(first.isComplete)
      #expect(
        try await study.run(study.plan(Self.text("{network: base, units: 8, images: 9}"))).produced
          .isEmpty)
      #expect(
        try await study.run(study.plan(Self.text("{network: base, images: 3}"))).produced
          == ["seen"])
    }
  }

  private struct NoFilters: FilterReader {
    func filters(
      _ parameter: String, shape: [Int], in weights: FilePath
    ) throws(DiagnosticError) -> [Float] { [] }
  }
}
