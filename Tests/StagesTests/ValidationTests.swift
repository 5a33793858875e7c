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

/// Measurements during training and the scores taken from them, run for real.
@Suite struct ValidationTests {
  private static let held = smallStudy.replacing(
    "augment: {mirror: true}", with: "augment: {mirror: true}\n    hold-out: {per-class: 3}")
  private static let validated = held.replacing(
    "on: \"halves.${task}\", solver: sgd",
    with:
      "on: \"halves.${task}\", solver: sgd, validate: {every: 2 iterations, subset: [test, validation]}"
  )

  private func file(
    _ file: ArtifactFile, of stage: String, _ summary: RunSummary
  ) throws -> [UInt8] {
    let path = try #require(summary.outcome(of: stage)?.artifact?[file])
    return try LocalFileSystem().read(path)
  }

  private func metrics(_ stage: String, _ summary: RunSummary) throws -> Value {
    try #require(summary.outcome(of: stage)?.artifact?.record.metrics)
  }

  @Test func measuringChangesNoBitOfTheTraining() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plain = try await study.run(study.plan(Self.held, only: ["base-A"]))
      let measured = try await study.run(study.plan(Self.validated, only: ["base-A"]))
      #expect(plain.isComplete && measured.produced == ["base-A"])
      for name in [ArtifactFile.weights, .mean, LoadReport.file] {
        #expect(try file(name, of: "base-A", plain) == file(name, of: "base-A", measured))
      }
      #expect(plain.outcome(of: "base-A")?.artifact?[Measurements.file] == nil)
      #expect(try metrics("base-A", plain) == metrics("base-A", measured))

      // Five classes of nine images in batches of 16: three steps an epoch, six in all.
      let series = String(
        decoding: try file(MetricSeries.file, of: "base-A", measured), as: UTF8.self)
      let lines = series.split(separator: "\n")
      #expect(lines.first == "iteration,epoch,rate,loss,accuracy,subset")
      let kinds = lines.dropFirst().map { line in
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        return "\(fields[0]) \(fields[5])"
      }
      #expect(
        kinds == [
          "1 train", "2 train", "2 test", "2 validation", "3 train", "4 train", "4 test",
          "4 validation", "5 train", "6 train", "6 test", "6 validation",
        ])
      let before = String(
        decoding: try file(MetricSeries.file, of: "base-A", plain), as: UTF8.self)
      let trained = lines.filter { $0.hasSuffix(",train") }.map { String($0.dropLast(6)) }
      #expect(before.split(separator: "\n").dropFirst().map(String.init) == trained)
    }
  }

  @Test func heldOutImagesAreNeitherTrainedOnNorMissing() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(study.plan(only: ["prepare-shapes"]))
      let packed = try #require(
        summary.outcome(of: "prepare-shapes")?.artifact?[.packedImages])
      let dataset = try PackedDataset(packed)
      let classes = Array(dataset.classes.suffix(4))
      let holdOut = HoldOut(amount: .perClass(3))
      let all = try dataset.examples(.train, classes: classes, holdOut: nil)
      let trained = try dataset.examples(.train, classes: classes, holdOut: holdOut)
      let held = try dataset.examples(.validation, classes: classes, holdOut: holdOut)
      #expect(Set(trained.images).isDisjoint(with: held.images))
      #expect((trained.images + held.images).sorted() == all.images)
      #expect((0..<4).allSatisfy { label in held.labels.count { $0 == Int32(label) } == 3 })
      #expect(try dataset.examples(.validation, classes: classes, holdOut: nil).count == 0)
      let test = try dataset.examples(.test, classes: classes, holdOut: holdOut)
      #expect(try test == dataset.examples(.test, classes: classes))
      // Another task with some of the classes holds out the same images.
      let fewer = try dataset.examples(
        .validation, classes: Array(classes.suffix(2)), holdOut: holdOut)
      #expect(Set(held.images).isSuperset(of: fewer.images) && fewer.count == 6)
    }
  }

  @Test func theLastMeasurementIsWhatAnEvaluationFinds() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = Self.validated.replacing(
        "  table: {report: {of: [\"test-*\"]}}",
        with: """
            final: {evaluate: {network: base-A}}
            held: {evaluate: {network: base-A, subset: validation}}
            trained: {evaluate: {network: base-A, subset: train}}
            last: {evaluate: {network: base-A, score: {mean-of-last: 2}}}
            best: {evaluate: {network: base-A, score: {best: 2, on: test}}}
            chosen: {evaluate: {network: base-A, score: {best: 1, on: validation}}}
            table: {report: {of: [final, last, best, chosen]}}
          """)
      let plan = try study.plan(text, only: ["table", "held", "trained"])
      let summary = try await study.run(plan)

      let points =
        try Value(json: file(Measurements.file, of: "base-A", summary))[
          "measurements"]?.asList ?? []
      func top1(_ subset: String) -> [Double] {
        points.filter { $0["subset"]?.asString == subset }.compactMap { $0["top1"]?.double }
      }
      #expect(top1("test").count == 3 && top1("validation").count == 3)
      #expect(points[0]["images"] == 30 && points[1]["images"] == 15)
      #expect(try metrics("final", summary)["top1"]?.double == top1("test").last)
      #expect(try metrics("held", summary)["top1"]?.double == top1("validation").last)
      #expect(try metrics("trained", summary)["images"] == 45)

      let test = top1("test")
      let last = try metrics("last", summary)
      #expect(last["score"]?.double == (test[1] + test[2]) / 2)
      #expect(last["score-rule"] == "mean of last 2" && last["selected-on"] == nil)
      let best = try metrics("best", summary)
      #expect(best["score"]?.double == test.sorted().suffix(2).reduce(0, +) / 2)
      #expect(best["selected-on"] == "test")
      let held = top1("validation")
      let first = try #require(held.firstIndex(of: held.max() ?? 0))
      #expect(try metrics("chosen", summary)["score"]?.double == test[first])

      let more = text.replacing("{mean-of-last: 2}", with: "{mean-of-last: 4}")
      let refused = try #require(throws: DiagnosticError.self) { try study.plan(more) }
      #expect("\(refused)".contains("needs 4 measurements, but 'base-A' makes 3"))

      let table = String(decoding: try file(.reportText, of: "table", summary), as: UTF8.self)
      #expect(table.contains("! 1 score (mean of best 2 on test) is taken from"))
      let rows = String(
        decoding: try file(ArtifactFile("runs.csv"), of: "table", summary), as: UTF8.self
      )
      .split(separator: "\n")
      #expect(rows[1].hasSuffix(",final,false,did-not-train,"))
      #expect(rows[2].hasSuffix(",mean of last 2,false,did-not-train,"))
      #expect(rows[3].hasSuffix(",mean of best 2 on test,true,did-not-train,"))
      #expect(rows[4].hasSuffix(",mean of best 1 on validation,false,did-not-train,"))
      #expect(rows[3].contains(",\(try #require(best["score"]?.double)),"))
    }
  }
}
