import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct EventTests {
  private let shop = Workshop()

  private func logLines(_ summary: RunSummary) throws -> [Value] {
    let path = FilePath("store/logs").appending("\(summary.run).jsonl")
    let text = String(decoding: try shop.files.read(path), as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    return try text.split(separator: "\n").map { try Value(json: String($0)) }
  }

  @Test func logHoldsARunFromStartToEnd() async throws {
    let runner = Multiplier(shop.files) { stage, _ in
      if stage.name == "c" { throw DiagnosticError("no luck", cause: .outOfSpace) }
    }
    let summary = try await shop.executor(runner, keepGoing: true).run(
      plan(diamond, in: shop.store))
    let lines = try logLines(summary)
    #expect(lines.first?["event"] == "run-started")
    #expect(lines.first?["format"] == 1)
    #expect(lines.first?["pipeline"] == "numbers")
    #expect(lines.first?["stages"] == 6)
    #expect(lines.first?["to-run"] == 6)
    #expect(lines.last?["event"] == "run-finished")
    #expect(
      lines.last?["counts"] == [
        "reused": 0, "produced": 4, "failed": 1, "skipped": 1, "stopped": 0, "not-started": 0,
      ])
    let finished = lines.filter { $0["event"] == "stage-finished" }
    #expect(finished.count == 6)
    let outcomes = Dictionary(
      uniqueKeysWithValues: finished.map { ($0["stage"]!.asString!, $0) })
    #expect(outcomes["a"]?["outcome"] == "produced")
    #expect(outcomes["a"]?["metrics"] == ["number": 2])
    #expect(outcomes["a"]?["reason"] == RunReason.neverRun.value)
    #expect(outcomes["c"]?["outcome"] == "failed")
    #expect(outcomes["c"]?["errors"] == ["no luck"])
    #expect(outcomes["c"]?["cause"] == ["why": "out-of-space"])
    #expect(outcomes["c"]?["log"]?.asString?.hasPrefix("store/logs/\(summary.run)-c-") == true)
    #expect(outcomes["e"]?["blocked-by"] == "c")
    let times = lines.compactMap { $0["time"]?.double }
    #expect(times.count == lines.count)
    #expect(times == times.sorted())
  }

  @Test func observerSeesEachStageStartBeforeItEnds() async throws {
    let witness = Witness()
    _ = try await shop.executor(Multiplier(shop.files), jobs: 4, observer: witness).run(
      plan(diamond, in: shop.store))
    var open: Set<String> = []
    var ended: Set<String> = []
    for event in witness.events {
      switch event {
      case .stageStarted(let stage, _, _, _): open.insert(stage)
      case .stageProgress(let stage, let progress):
        #expect(open.contains(stage) && !ended.contains(stage))
        #expect(progress.unit == "products")
      case .stageFinished(let stage, _):
        #expect(open.contains(stage))
        ended.insert(stage)
      default: break
      }
    }
    #expect(ended.count == 6)
    guard case .runStarted = witness.events.first, case .runFinished = witness.events.last else {
      Issue.record("a run has a first and a last event")
      return
    }
  }

  @Test func reusedStagesAreToldToo() async throws {
    try await shop.run(diamond)
    let witness = Witness()
    _ = try await shop.executor(Multiplier(shop.files), observer: witness).run(
      plan(diamond, in: shop.store))
    let reused = witness.events.filter {
      if case .stageFinished(_, .reused) = $0 { true } else { false }
    }
    #expect(reused.count == 6)
  }

  @Test func progressIsLoggedNowAndThen() async throws {
    let runner = Multiplier(shop.files) { _, context in
      for step in 0..<100 {
        context.progress(
          StageProgress(completed: step, total: 100, unit: "iterations", loss: 0.5))
      }
    }
    let witness = Witness()
    // The clock advances by a second each time it is read.
    let summary = try await shop.executor(runner, observer: witness).run(
      plan([Calculation("a", 2)], in: shop.store))
    let seen = witness.events.filter { if case .stageProgress = $0 { true } else { false } }
    #expect(seen.count == 101)
    let logged = try logLines(summary).filter { $0["event"] == "stage-progress" }
    #expect(logged.count == 11)
    #expect(logged.first?["loss"] == 0.5)
    #expect(logged.first?["unit"] == "iterations")
  }

  @Test func waitingTellsWhoComputesTheStage() {
    let holder = ClaimHolder(
      fingerprint: Fingerprint(of: "s"), stage: "t", pipeline: "p", run: "r", since: 3)
    let event = ExecutionEvent.stageWaiting("s", for: holder).value(at: 1)
    #expect(event["event"] == "stage-waiting" && event["stage"] == "s")
    #expect(event["held-by"] == holder.value)
    #expect(ExecutionEvent.stageWaiting("s", for: nil).value(at: 1)["held-by"] == .null)
    #expect(
      ExecutionEvent.stageDamaged("s", .outputMissing("x")).value(at: 1.5) == [
        "event": "stage-damaged", "time": 1.5, "stage": "s",
        "damage": "its output 'x' is missing",
      ])
  }

  @Test func reasonIsThatOfThePlan() {
    let reason = RunReason.revisionChanged(old: 1, new: 2)
    let event = ExecutionEvent.stageStarted("s", .train, because: reason, threads: 3)
    #expect(
      event.value(at: 1.5) == [
        "event": "stage-started", "time": 1.5, "stage": "s", "kind": "train", "threads": 3,
        "reason": reason.value,
      ])
  }
}
