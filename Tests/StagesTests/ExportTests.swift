import ArtifactStore
import Basics
import Definitions
import Engine
import Planning
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Weights and predictions as other programs get them.
@Suite struct ExportTests {
  private static func text(_ dataset: String) -> String {
    """
    cambium: 1
    name: exported
    datasets: {shapes: {source: builtin:shapes, examples: {train: 6, test: 3}, \(dataset)}}
    networks:
      net: {input: [3, 28, 28], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}], fc2: [dense: classes]}}
    solvers: {sgd: {batch: 8, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      test: {evaluate: {network: base}}
    """
  }

  private func ran(
    _ dataset: String, _ body: (FilePath, Plan, [String: StoredArtifact]) throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(Self.text(dataset))
      let summary = try await study.run(plan)
      #expect(summary.isComplete)
      var artifacts: [String: StoredArtifact] = [:]
      for stage in plan.stages {
        artifacts[stage.name] = try #require(summary.outcome(of: stage.name)?.artifact)
      }
      try body(folder, plan, artifacts)
    }
  }

  @Test(arguments: [
    "normalize: imagenet", "mean: color, scale: 0.01", "mean: none", "mean: image",
  ])
  func weightsSayWhatTheyNeed(dataset: String) async throws {
    try await ran(dataset) { folder, plan, artifacts in
      let files = LocalFileSystem()
      let work = try #require(plan.stage(named: "base").work as? TrainWork)
      let artifact = try #require(artifacts["base"])
      let written = try WeightsExport("base", work, artifact).write(to: folder, files)
      let names = Set(written.compactMap(\.lastComponent?.string))
      let hasMeanImage = dataset == "mean: image"
      #expect(
        names
          == Set(
            ["base.safetensors", "base.json"] + (hasMeanImage ? ["base.mean.safetensors"] : [])))
      let value = try Value(json: files.read(folder.appending("base.json")))
      #expect(value["input"] == [3, 28, 28] && value["images"] == [3, 32, 32])
      #expect(value["classes"] == .list(work.classes.map(Value.string)))
      let normalization = value["normalization"]
      let (means, deviations) = (
        normalization?["mean"]?.asList, normalization?["deviation"]?.asList
      )
      switch dataset {
      case "normalize: imagenet":
        #expect(means == [0.485, 0.456, 0.406] && deviations == [0.229, 0.224, 0.225])
      case "mean: none":
        #expect(means?.map(\.double) == [0, 0, 0])
        #expect(deviations?.first?.double == 64.0 / 255)
      case "mean: image":
        #expect(means == nil && normalization?["mean-image"] == "base.mean.safetensors")
      default:
        #expect(means?.count == 3)
        #expect(abs((deviations?.first?.double ?? 0) - 100 / 255) < 1e-12)
      }
      // The weights are those of the store, and a reader of the format finds the same in the header.
      let path = folder.appending("base.safetensors")
      let weights = try Weights(contentsOf: path)
      let stored = try Weights(contentsOf: #require(artifact[.weights]))
      #expect(weights.tensors.map(\.name) == stored.tensors.map(\.name))
      #expect(weights.tensors.map(\.values) == stored.tensors.map(\.values))
      let bytes = try files.read(path)
      let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = try Value(json: Array(bytes[8..<8 + length]))
      #expect(header["__metadata__"]?["format"] == "pt")
      #expect(header["__metadata__"]?["cambium.input"] == "[3,28,28]")
    }
  }

  @Test func predictionsAreThoseThatWereMeasured() async throws {
    try await ran("mean: color") { folder, plan, artifacts in
      let work = try #require(plan.stage(named: "test").work as? EvaluateWork)
      let export = try PredictionsExport(
        work, data: #require(artifacts[work.data.stage]),
        network: #require(artifacts[work.trained.stage]), on: ProcessorDevice(), threads: 1)
      var scores: [Prediction] = []
      try export.forEachBatch(.scores, unless: .never) { scores += $0 }
      var probabilities: [Prediction] = []
      try export.forEachBatch(.probabilities, unless: .never) { probabilities += $0 }
      #expect(scores.map(\.image) == Array(0..<30) && export.images == 30)
      #expect(Set(scores.map(\.name)).count == 30)
      #expect(scores.allSatisfy { $0.name.hasPrefix("test/\(work.classes[$0.label])/") })
      let measured = try EvaluationResult(of: #require(artifacts["test"]).record)
      let hits = scores.count { $0.label == $0.predicted }
      #expect(Double(hits) / 30 == measured.top1)
      for (score, probability) in zip(scores, probabilities) {
        #expect(abs(probability.values.reduce(0, +) - 1) < 1e-5)
        #expect(probability.values.allSatisfy { (0...1).contains($0) })
        #expect(score.values.count == 10 && score.predicted == probability.predicted)
        let best = score.values.indices.max { score.values[$0] < score.values[$1] }
        #expect(best == score.predicted)
      }
    }
  }
}
