import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct StopTests {
  private let shop = Workshop()
  private let stop = StopSignal()

  @Test func stoppedStageGivesUpAndNothingNewStarts() async throws {
    let runner = Multiplier(shop.files) { [stop] stage, context in
      guard stage.name == "b" else { return }
      #expect(!context.shouldStop())
      stop.request()
      if context.shouldStop() { throw StageStopped() }
    }
    let summary = try await shop.executor(runner, stop: stop).run(plan(diamond, in: shop.store))
    #expect(
      summary.words == [
        "a produced", "b stopped", "c not started", "d not started", "e not started",
        "f not started",
      ])
    #expect(summary.wasStopped)
  }

  @Test func stageThatFinishesAnywayIsKept() async throws {
    let runner = Multiplier(shop.files) { [stop] _, _ in stop.request() }
    let summary = try await shop.executor(runner, stop: stop).run(plan(diamond, in: shop.store))
    #expect(summary.counts.produced == 1)
    #expect(summary.counts.notStarted == 5)
    #expect(try await shop.run(diamond).ran.count == 5)
  }

  @Test func allRunningStagesAreAsked() async throws {
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { [stop] stage, context in
      try gate.pass()
      if stage.name == "a" { stop.request() }
      for _ in 0..<1_000_000_000 where context.shouldStop() { throw StageStopped() }
      throw DiagnosticError("never asked to stop")
    }
    let three = [Calculation("a", 2), Calculation("b", 3), Calculation("c", 5)]
    let summary = try await shop.executor(runner, jobs: 3, stop: stop).run(
      plan(three, in: shop.store))
    #expect(summary.counts.stopped == 3)
  }

  @Test func stopBeforeTheStartRunsNothing() async throws {
    stop.request()
    let runner = Multiplier(shop.files)
    let summary = try await shop.executor(runner, stop: stop).run(plan(diamond, in: shop.store))
    #expect(runner.runs.isEmpty)
    #expect(summary.counts.notStarted == 6)
  }
}
