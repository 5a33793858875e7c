import Basics
import Definitions
import Planning
import Testing

/// Limits on examples and the source of the mean image, in plans.
@Suite struct TrainingImagesTests {
  private func limited(_ examples: Int) -> String {
    sample.replacing(
      "on: halves.B, solver: slow",
      with: "on: {task: halves.B, examples: \(examples)}, solver: slow")
  }

  private func work(_ stage: String, _ plan: Plan) -> TrainWork? {
    guard let work = plan.stage(stage)?.work as? TrainWork else { return nil }
    return work
  }

  @Test func aLimitRerunsItsStageAndWhatReadsIt() throws {
    let history = FakeHistory(after: try plan(sample))
    let plan = try plan(limited(10), history: history)
    #expect(plan.toRun == ["A1B+", "test-A1B+", "table"])
    #expect(work("A1B+", plan)?.limit == ExampleLimit(perClass: 10, seed: 0))
    #expect(plan.stage("A1B+")?.value["examples"] == 10)
    guard let report = plan.stages.last?.work as? ReportWork else {
      Issue.record("the last stage reports")
      return
    }
    #expect(report.entries.map(\.treatmentLabel) == ["B", "AnB", "AnB+ (10 a class)"])
  }

  @Test func aLimitThatLeavesNothingOutIsNone() throws {
    // The made-up dataset has 100 training images per class.
    let history = FakeHistory(after: try plan(sample))
    #expect(try plan(limited(100), history: history).toRun == [])
    #expect(try plan(limited(1_000_000), history: history).toRun == [])
    #expect(try plan(limited(99), history: history).toRun.count == 3)
  }

  @Test func limitsShareTheirFirstWeights() throws {
    let ten = try work("A1B+", plan(limited(10)))
    #expect(try ten?.stream == work("A1B+", plan(limited(20)))?.stream)
  }

  @Test func theSourceOfTheMeanCounts() throws {
    let history = FakeHistory(after: try plan(sample))
    let target = sample.replacing("solver: slow}", with: "mean: target, solver: slow}")
    #expect(try plan(target, history: history).toRun == [])
    let source = sample.replacing("solver: slow}", with: "mean: source, solver: slow}")
    let plan = try plan(source, history: history)
    #expect(plan.toRun == ["A1B+", "test-A1B+", "table"])
    #expect(work("A1B+", plan)?.mean == .source)
    #expect(plan.stage("A1B+")?.status.reason?.description == "mean nothing → source")
  }
}
