import Basics
import Definitions
import Planning
import Testing

/// Images held out, measurements and scores, in plans.
@Suite struct MeasurementPlanTests {
  private static let measured = sample.replacing(
    "on: halves.B, solver: slow",
    with: "on: halves.B, validate: {every: 1 epoch, subset: test}, solver: slow")

  private func work(_ stage: String, _ plan: Plan) -> TrainWork? {
    guard let work = plan.stage(stage)?.work as? TrainWork else { return nil }
    return work
  }

  @Test func measuringRerunsAStageWithTheSameRandomNumbers() throws {
    let before = try plan(sample)
    let after = try plan(Self.measured, history: FakeHistory(after: before))
    #expect(after.toRun == ["A1B+", "test-A1B+", "table"])
    #expect(work("A1B+", after)?.stream == work("A1B+", before)?.stream)
    #expect(
      work("A1B+", after)?.validation == ValidationRule(every: .epochs(1), subsets: [.test]))
  }

  @Test func holdingOutChangesWhatIsTrainedButNotWhatIsPrepared() throws {
    let history = FakeHistory(after: try plan(sample))
    let text = sample.replacing("photos.tar", with: "photos.tar, hold-out: 0.1")
    let plan = try plan(text, history: history)
    #expect(plan.stage("prepare-photos")?.status == .cached)
    #expect(plan.toRun.count == 8)
    #expect(work("base-A", plan)?.holdOut == HoldOut(amount: .fraction(0.1)))
    let same = text.replacing("hold-out: 0.1", with: "hold-out: {fraction: 0.1, seed: 0}")
    #expect(try planAgain(same, history: FakeHistory(after: plan)).toRun == [])
  }

  @Test func aLimitIsOnWhatIsNotHeldOut() throws {
    // Of 100 training images per class, 10 are held out.
    func limit(_ examples: Int) throws -> ExampleLimit? {
      let text = sample.replacing("photos.tar", with: "photos.tar, hold-out: {per-class: 10}")
        .replacing(
          "on: halves.B, solver: slow",
          with: "on: {task: halves.B, examples: \(examples)}, solver: slow")
      return try work("A1B+", plan(text))?.limit
    }
    #expect(try limit(90) == nil)
    #expect(try limit(89) == ExampleLimit(perClass: 89, seed: 0))
  }

  @Test func noClassIsHeldOutWhole() throws {
    let text = sample.replacing("photos.tar", with: "photos.tar, hold-out: {per-class: 100}")
    let error = try #require(throws: DiagnosticError.self) { try plan(text) }
    #expect(
      error.diagnostics.map(\.message) == [
        "dataset 'photos' holds out 100 images of each class, but class 'bird' has 100"
      ])
  }

  @Test func theScoreConcernsTheEvaluationAlone() throws {
    let history = FakeHistory(after: try plan(Self.measured))
    let final = Self.measured.replacing(
      "evaluate: {network: \"${net}\"}", with: "evaluate: {network: \"${net}\", score: final}")
    #expect(try plan(final, history: history).toRun == [])
    let scored =
      Self.measured.replacing("[base-B, A1B, A1B+]", with: "[base-B, A1B]")
      .replacing(
        "  table:",
        with: "  test-A1B+: {evaluate: {network: A1B+, score: {best: 1, on: test}}}\n  table:")
    let plan = try plan(scored, history: history)
    #expect(plan.toRun == ["test-A1B+", "table"])
    #expect(
      plan.stage("test-A1B+")?.status.reason?.description.hasPrefix("score") == true)
  }
}

private func planAgain(_ text: String, history: FakeHistory) throws -> Plan {
  try plan(text, history: history)
}
