import ArtifactStore
import Basics
import Planning
import SystemPackage
import Testing

/// What the plan says of stages that were tried, or whose results are lost.
@Suite struct StageStoryTests {
  private let planned: Plan

  init() throws { planned = try plan(sample) }

  private func fingerprint(_ stage: String) throws -> Fingerprint {
    try #require(planned.stage(stage)).fingerprint
  }

  private func reason(_ stage: String, _ text: String, _ history: FakeHistory) throws -> RunReason?
  {
    try plan(text, history: history).stage(stage)?.status.reason
  }

  private let diverged = PastFailure(
    run: "20260101T000000Z-a", time: 280, cause: .diverged(iteration: 40),
    messages: ["the loss became nan"])

  @Test func aFailureIsToldWithTimeAndCause() throws {
    var history = FakeHistory()
    history.setbacks[try fingerprint("base-A")] = .failed(diverged)
    let plan = try plan(sample, history: history)
    let reason = try #require(plan.stage("base-A")?.status.reason)
    #expect(reason == .failed(diverged, ago: 720))
    #expect("\(reason)" == "failed 12 min ago: diverged at iteration 40")
    #expect(plan.text.contains("  failed 12 min ago: diverged at iteration 40\n"))
    #expect(reason.value["why"] == "failed")
    #expect(reason.value["failure"]?["cause"] == ["why": "diverged", "iteration": 40])
    #expect(reason.value["failure"].flatMap(PastFailure.init) == diverged)
    let text = try plan.explanation(of: "base-A", history: history).text
    #expect(
      text.hasPrefix(
        "base-A (train): runs again, since it failed 12 min ago: diverged at iteration 40\n"
          + "  the loss became nan\n"), "\(text)")
    #expect(text.contains("1970-01-01 00:04:40 UTC, in run 20260101T000000Z-a\n"))
  }

  @Test func aFailureConcernsTheStageAsItWas() throws {
    var history = FakeHistory(after: planned)
    history.setbacks[try fingerprint("base-A")] = .failed(diverged)
    let edited = sample.replacing("momentum: 0.9", with: "momentum: 0.8")
    // With other settings nothing has failed; with a result, nothing has any more.
    guard case .settingsChanged? = try reason("base-A", edited, history) else {
      Issue.record("the settings have changed")
      return
    }
    #expect(try plan(sample, history: history).toRun.isEmpty)
    #expect(
      try plan(sample, history: history, forced: ["base-A"]).stage("base-A")?.status.reason
        == .forced)
  }

  @Test func aFailureWithoutATypedCauseIsToldByItsMessage() throws {
    var history = FakeHistory()
    let message =
      "cannot read \u{1B}[2J 'train/ant/000.png'\nsecond line" + String(repeating: "x", count: 200)
    history.setbacks[try fingerprint("base-A")] = .failed(
      PastFailure(run: "r", time: 2000, cause: .other, messages: [message]))
    let text = "\(try #require(try reason("base-A", sample, history)))"
    // The clock of the machine that failed may be ahead.
    #expect(text == "failed 0 s ago: cannot read \\u{1B}[2J 'train/ant/000.png'")
  }

  @Test func workThatWasCutShortIsOneStatus() throws {
    let stage = try #require(planned.stage("base-A"))
    let trajectory = try #require(stage.draft.trajectory)
    let work = try #require(stage.work as? TrainWork)
    func state(_ fingerprint: Fingerprint, _ origin: Checkpoint.Origin) -> Checkpoint {
      let rates = work.solver.rate.digest(
        ofFirst: 30, perEpoch: 30, length: work.solver.length.iterations(perEpoch: 30))
      return Checkpoint(
        mark: TrainingMark(iteration: 30, perEpoch: 30, rates: rates), fingerprint: fingerprint,
        stage: "base-A", origin: origin, path: "x")
    }
    var history = FakeHistory()
    history.states[trajectory] = [state(stage.fingerprint, .interrupted)]
    let resumed = try plan(sample, history: history)
    #expect(resumed.stage("base-A")?.status.reason == .unfinished(iteration: 30))
    #expect(resumed.text.contains("  unfinished; resumes from iteration 30\n"), "\(resumed.text)")
    #expect(resumed.stage("base-A")?.value["reason"]?["iteration"] == 30)
    #expect(
      try resumed.explanation(of: "base-A", history: history).text.contains(
        "runs, since it is unfinished; it resumes from iteration 30\n"))
    // Another stage's state is something to go on from, and no work of this one.
    history.states[trajectory] = [state(Fingerprint(of: "other"), .interrupted)]
    #expect(try reason("base-A", sample, history) == .neverRun)
    // What failed may have a state as well.
    history.states[trajectory] = [state(stage.fingerprint, .interrupted)]
    history.setbacks[stage.fingerprint] = .failed(diverged)
    #expect(
      try plan(sample, history: history).text.contains(
        "failed 12 min ago: diverged at iteration 40; resumes from iteration 30\n"))
    history = FakeHistory()
    history.unfinished = [try fingerprint("prepare-photos")]
    #expect(try reason("prepare-photos", sample, history) == .unfinished(iteration: nil))
  }

  @Test func unfinishedWorkUnderOtherSettingsIsToldAndNotUsed() throws {
    let stage = try #require(planned.stage("base-A"))
    var history = FakeHistory()
    history.interrupted["base-A"] = InterruptedTraining(
      iteration: 228, fingerprint: stage.fingerprint, stage: "base-A", kind: stage.kind.rawValue,
      revision: stage.revision, settings: stage.settings,
      inputs: Dictionary(uniqueKeysWithValues: stage.inputs.map { ($0.role, $0.fingerprint) }))
    // As it is, nothing is superseded.
    #expect(try plan(sample, history: history).stage("base-A")?.superseded == nil)
    let edited = try plan(
      sample.replacing("momentum: 0.9", with: "momentum: 0.8"), history: history)
    #expect(
      edited.stage("base-A")?.status.reason
        == .settingsChanged([ValueChange(path: "solver.momentum", old: 0.9, new: 0.8)]))
    #expect(edited.stage("base-B")?.status.reason == .neverRun)
    #expect(
      edited.text.contains(
        "  solver.momentum 0.9 → 0.8; unfinished work (iteration 228) is not used\n"),
      "\(edited.text)")
    #expect(edited.stage("base-A")?.value["superseded"]?["iteration"] == 228)
    let why = try edited.explanation(of: "base-A", history: history).text
    #expect(
      why.contains(
        "base-A (train): runs, since its settings have changed\n  solver.momentum 0.9 → 0.8\n"),
      "\(why)")
    #expect(why.contains("unfinished   228 iterations under other settings, not used\n"), "\(why)")
    #expect(!why.contains("last result"))
  }

  @Test func aStartThatLeftNothingIsTold() throws {
    var history = FakeHistory()
    history.starts[try fingerprint("base-A")] = history.now - 720
    #expect(try reason("base-A", sample, history) == .started(ago: 720))
    #expect(try reason("base-B", sample, history) == .neverRun)
    #expect(
      try plan(sample, history: history).text.contains("started 12 min ago, nothing saved"))
    // Other settings are another stage.
    let edited = sample.replacing("momentum: 0.9", with: "momentum: 0.8")
    #expect(try reason("base-A", edited, history) == .neverRun)
  }

  @Test func whatBecameOfAResultIsTold() throws {
    var history = FakeHistory(after: planned)
    history.remove("base-A")
    #expect(try reason("base-A", sample, history) == .removed(ago: nil))
    history.setbacks[try fingerprint("base-A")] = .removed(at: history.now - 120)
    #expect(try reason("base-A", sample, history) == .removed(ago: 120))
    history.setbacks[try fingerprint("base-A")] = .damaged("its output 'w' has changed")
    #expect(
      try reason("base-A", sample, history)
        == .artifactMissing("its output 'w' has changed; set aside"))
    // The record is there, and says less than what was found.
    history = FakeHistory(after: planned)
    history.presences[try fingerprint("base-A")] = .damaged("its output 'w' is missing")
    #expect(
      try reason("base-A", sample, history) == .artifactMissing("its output 'w' is missing"))
    history = FakeHistory(after: planned)
    history.remove("base-A")
    let edited = sample.replacing("momentum: 0.9", with: "momentum: 0.8")
    #expect(try reason("base-A", edited, history) == .recordGone)
    #expect(
      try plan(edited, history: history).explanation(of: "base-A", history: history).text.contains(
        "the record of its latest run is gone"))
  }
}
