import ArtifactStore
import Basics
import Definitions
import Reporting
import Results
import Testing

@Suite struct StageMetricsTests {
  private static func record(
    _ kind: String, settings: Value = [:], metrics: Value
  ) -> StageRecord {
    StageRecord(
      fingerprint: Fingerprint(of: kind), stage: "old name", pipeline: "p", kind: kind, revision: 1,
      settings: settings, inputs: [:], outputs: [:], metrics: metrics, provenance: [:],
      started: 1000, seconds: 40)
  }

  private let training = record(
    "train", metrics: TrainingResult(iterations: 20, loss: 1, accuracy: 0.75).metrics)

  private let series = MetricSeries(points: [
    .init(iteration: 5, epoch: 0.5, rate: 0.1, loss: 2, accuracy: 0.25),
    .init(iteration: 10, epoch: 1, rate: 0.1, loss: 1.5, accuracy: 0.5),
    .init(iteration: 20, epoch: 2, rate: 0.01, loss: 1, accuracy: 0.75),
  ])

  private func metrics(_ stage: String = "A, \"B\"") throws -> StageMetrics {
    try StageMetrics(
      training: training, named: stage, series: series,
      measurements: [
        Measurement(
          iteration: 10, epoch: 1, subset: .test, images: 40, loss: 1.75, top1: 0.5, top5: 0.9)
      ])
  }

  @Test func aTrainingIsATableOfItsPointsWithWhatWasMeasuredInBetween() throws {
    let stages = [
      try metrics(),
      try StageMetrics(
        evaluation: Self.record(
          "evaluate", settings: ["subset": "validation"],
          metrics: [
            "top1": 0.625, "top5": 1, "loss": "nan", "images": 8, "score": 0.5,
            "score-rule": "mean of last 2", "did-not-train": false,
          ]), named: "test", of: training),
    ]
    #expect(
      StageMetrics.csv(stages) == """
        stage,kind,iteration,epoch,subset,rate,loss,accuracy,top5,score,images
        "A, ""B""\",train,5,0.5,train,0.1,2.0,0.25,,,
        "A, ""B""\",train,10,1.0,train,0.1,1.5,0.5,,,
        "A, ""B""\",train,10,1.0,test,,1.75,0.5,0.9,,40
        "A, ""B""\",train,20,2.0,train,0.01,1.0,0.75,,,
        test,evaluate,20,,validation,,nan,0.625,1.0,0.5,8

        """)
    let lines = StageMetrics.jsonLines(stages).split(separator: "\n")
    #expect(lines.count == 5)
    #expect(
      try Value(json: String(lines[2])) == [
        "format": 1, "stage": "A, \"B\"", "kind": "train", "iteration": 10, "epoch": 1,
        "subset": "test", "loss": 1.75, "accuracy": 0.5, "top5": 0.9, "images": 40,
      ])
  }

  @Test func namesThatBeginAFormulaAreTextInSpreadsheets() throws {
    for name in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1"] {
      let rows = StageMetrics.csv([try metrics(name)]).split(separator: "\n")
      #expect(rows[1].hasPrefix("'\(name),train,5,"), "\(rows[1])")
    }
  }

  @Test func recordsWithoutResultsAreRefused() throws {
    #expect(
      try StageMetrics(training: training, named: "a", series: series, measurements: [])
        .points.map(\.iteration) == [5, 10, 20])
    #expect(throws: DiagnosticError.self) {
      try StageMetrics(
        training: Self.record("train", metrics: [:]), named: "a", series: series, measurements: [])
    }
    #expect(throws: DiagnosticError.self) {
      try StageMetrics(
        evaluation: Self.record("evaluate", metrics: [:]), named: "a", of: nil)
    }
    let result = EvaluationResult(images: 8, top1: 0.5, top5: 1, loss: 1, didNotTrain: false)
    #expect(throws: DiagnosticError.self) {
      try StageMetrics(
        evaluation: Self.record("evaluate", metrics: result.metrics), named: "a", of: nil)
    }
  }

  @Test func eventsHaveTheRecordsTimesInProportionToTheSteps() throws {
    var expected = EventFile(time: 1000)
    for (step, time, scalars) in [
      (5, 1010, [("loss", 2), ("accuracy", 0.25), ("rate", 0.1), ("epoch", 0.5)]),
      (10, 1020, [("loss", 1.5), ("accuracy", 0.5), ("rate", 0.1), ("epoch", 1)]),
      (10, 1020, [("test/loss", 1.75), ("test/accuracy", 0.5), ("test/top5", 0.9)]),
      (20, 1040, [("loss", 1), ("accuracy", 0.75), ("rate", 0.01), ("epoch", 2)]),
    ] as [(Int, Double, [(String, Double)])] {
      for (tag, value) in scalars { expected.add(tag, value, step: step, time: time) }
    }
    #expect(try metrics().events == expected.bytes)
  }
}
