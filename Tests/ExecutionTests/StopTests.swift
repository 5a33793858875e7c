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
      if context.shouldStop() { throw Interrupted() }
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
    #expect(summary.counts[.produced] == 1)
    #expect(summary.counts[.notStarted] == 5)
    #expect(try await shop.run(diamond).ran.count == 5)
  }

  /// Results of several pieces, which take long to verify.
  private func runWithLongResults() async throws {
    let long = Multiplier(shop.files) { [shop] stage, context in
      guard stage.name == "a" else { return }
      let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 3 << 20)
      try shop.files.append(zeros, to: context.workspace.appending("result"))
    }
    let first = try await shop.executor(long).run(
      plan(Array(diamond.prefix(2)), in: shop.store))
    #expect(first.counts[.produced] == 2)
  }

  @Test func comparingAnInputIsGivenUpAfterThePieceInWhichTheStopCame() async throws {
    try await runWithLongResults()
    let files = try #require(shop.files as? MemoryFileSystem)
    let pieces = Guarded(0)
    files.watchReading { [stop] path in
      guard path.string.contains("objects/") else { return }
      pieces.withLock { $0 += 1 }
      stop.request()
    }
    let witness = Witness()
    let runner = Multiplier(shop.files)
    let summary = try await shop.executor(runner, stop: stop, observer: witness).run(
      plan(diamond, in: shop.store))
    #expect(summary.words.prefix(3) == ["a reused", "b reused", "c stopped"])
    #expect(runner.runs.isEmpty && pieces.withLock { $0 } == 1)
    #expect(try shop.files.names(in: "store/claims").isEmpty)
    files.watchReading(nil)
    // An incomplete comparison has no result: the next run repeats it from the start.
    #expect(try await shop.run(diamond).ran.contains("c"))
  }

  @Test func aRunThatIsStoppedWhileItTakesStockDoesNotBegin() async throws {
    try await runWithLongResults()
    stop.request()
    let witness = Witness()
    await #expect(throws: Interrupted.self) {
      try await shop.executor(Multiplier(shop.files), stop: stop, observer: witness).run(
        plan(diamond, in: shop.store), thenReading: ["a"])
    }
    #expect(witness.events.isEmpty)
  }

  @Test func allRunningStagesAreAsked() async throws {
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { [stop] stage, context in
      try gate.pass()
      if stage.name == "a" { stop.request() }
      for _ in 0..<1_000_000_000 where context.shouldStop() { throw Interrupted() }
      throw DiagnosticError("never asked to stop")
    }
    let three = [Calculation("a", 2), Calculation("b", 3), Calculation("c", 5)]
    let summary = try await shop.executor(runner, jobs: 3, stop: stop).run(
      plan(three, in: shop.store))
    #expect(summary.counts[.stopped] == 3)
  }

  @Test func stopBeforeTheStartRunsNothing() async throws {
    stop.request()
    let runner = Multiplier(shop.files)
    let summary = try await shop.executor(runner, stop: stop).run(plan(diamond, in: shop.store))
    #expect(runner.runs.isEmpty)
    #expect(summary.counts[.notStarted] == 6)
  }
}
