import Basics
import Datasets
import Definitions
import Execution
import Planning
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Limits on examples and the source of the mean image, run for real.
@Suite struct TrainingImagesTests {
  private func mean(_ stage: String, _ summary: RunSummary) throws -> [UInt8] {
    let path = try #require(summary.outcome(of: stage)?.artifact?[.mean])
    return try LocalFileSystem().read(path)
  }

  @Test func aTransferCanSubtractItsSourcesMean() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = smallStudy.replacing(
        "first 2: freeze, rest: initialize}, on: halves.B",
        with: "first 2: freeze, rest: initialize}, mean: source, on: halves.B")
      let summary = try await study.run(study.plan(text, only: ["A2B", "A2B+", "B2B"]))
      #expect(summary.isComplete)
      #expect(try mean("A2B", summary) == mean("base-A", summary))
      #expect(try mean("A2B", summary) != mean("base-B", summary))
      #expect(try mean("A2B+", summary) == mean("base-B", summary))
    }
  }

  @Test func aLimitedTrainingSeesSoManyImagesAndTheirMean() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = smallStudy.replacing(
        #"train: {network: net, on: "halves.${task}""#,
        with: #"train: {network: net, on: {task: "halves.${task}", examples: 4}"#)
      let summary = try await study.run(
        study.plan(text, only: ["test-base-A", "prepare-shapes"]))
      #expect(summary.isComplete)
      // Five classes of four images: two batches of 16 an epoch, two epochs.
      let metrics = summary.outcome(of: "base-A")?.artifact?.record.metrics
      #expect(metrics?["iterations"] == 4)
      #expect(summary.outcome(of: "test-base-A")?.artifact?.record.metrics["images"] == 30)

      guard let work = try study.plan(text).stage("base-A")?.work as? TrainWork,
        let packed = summary.outcome(of: "prepare-shapes")?.artifact?[.packedImages]
      else {
        Issue.record("base-A trains on a packed dataset")
        return
      }
      let dataset = try PackedDataset(packed)
      let limit = try #require(work.limit)
      let all = try dataset.examples(.train, classes: work.classes)
      let chosen = all.limited(by: limit, classes: work.classes)
      #expect(chosen.count == 20)
      #expect((0..<5).allSatisfy { label in chosen.labels.count { $0 == Int32(label) } == 4 })
      let expected = try MeanImage(.image, of: chosen.images, in: dataset)
      #expect(try mean("base-A", summary) == expected.weights.safetensors)
    }
  }
}
