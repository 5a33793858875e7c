import ArtifactStore
import Basics
import Definitions
import Results
import Testing

/// Results as `cambium show` says them.
@Suite struct WordsTests {
  private func record(_ settings: Value = [:]) -> StageRecord {
    StageRecord(
      fingerprint: Fingerprint(of: "s"), stage: "s", pipeline: "p", kind: "evaluate", revision: 1,
      settings: settings, inputs: [:], outputs: [:], metrics: [:], provenance: [:], started: 0,
      seconds: 1)
  }

  @Test func eachResultSaysTheMostImportantFirst() {
    #expect(
      TrainingResult(iterations: 1, loss: 1.25, accuracy: 0.5).words(in: record())
        == [
          "a network trained for 1 iteration: loss 1.2500, accuracy 50.0 % on training images, mean over the last steps"
        ])
    let trained = TrainingResult(iterations: 9, loss: 1.25, accuracy: 0.5)
    #expect(trained.words(lastSteps: 3)[0].hasSuffix("mean over the last 3 steps"))
    #expect(trained.words(lastSteps: 1)[0].hasSuffix("on training images, of the last step"))
    #expect(
      TrainingResult(iterations: 0, loss: nil, accuracy: nil).words(in: record())
        == ["a network as initialised or copied, after 0 iterations"])
    var evaluation = EvaluationResult(
      images: 1000, top1: 0.625, top5: 1, loss: 0.5, didNotTrain: false)
    #expect(
      evaluation.words(in: record(["subset": "test"]))
        == ["top-1 62.5 %, top-5 100.0 %, loss 0.5000 on 1,000 test images"])
    evaluation.didNotTrain = true
    evaluation.score = .init(value: 0.75, rule: "best 3 on test", selectedOn: .test)
    #expect(
      evaluation.words(in: record()) == [
        "score 75.0 % (best 3 on test)",
        "top-1 62.5 %, top-5 100.0 %, loss 0.5000 on 1,000 images",
        "the accuracy may be chance: the network did not train",
      ])
    #expect(
      PackedSummary(
        classes: ["a"], trainCounts: [1], testCounts: [2], channels: 3, height: 4, width: 5,
        skipped: []
      ).words(in: record()) == ["1 training image and 2 test images of 1 class, 3×4×5"])
    let report = ReportResult(runs: 12, warnings: 1)
    #expect(report.words(in: record()) == ["a report of 12 runs, with 1 warning"])
    #expect(ReportResult(metrics: report.metrics) == report)
    #expect(ReportResult(metrics: ["runs": "12", "warnings": 1]) == nil)
  }
}
