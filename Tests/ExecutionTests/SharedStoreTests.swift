import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import SystemPackage
import TestSupport
import Testing

/// Several runs on one store at once.
@Suite struct SharedStoreTests {
  private let files = MemoryFileSystem()
  private var shop: Workshop { Workshop(files) }

  @Test(arguments: [2, 4]) func everyStageIsComputedOnce(_ runs: Int) async throws {
    let runner = Multiplier(files) { stage, _ in
      // All are under way before the first stage ends.
      if stage.inputs.isEmpty { usleep(20_000) }
    }
    let plan = try plan(diamond, in: shop.store)
    let summaries = try await withThrowingTaskGroup(of: RunSummary.self) { group in
      for jobs in 0..<runs {
        group.addTask {
          try await shop.executor(runner, jobs: 1 + jobs % 2).run(plan)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(runner.runs.sorted() == ["a", "b", "c", "d", "e", "f"])
    for summary in summaries {
      #expect(summary.isComplete)
      #expect(try shop.numbers(summary) == diamondNumbers)
    }
    #expect(summaries.reduce(0) { $0 + $1.counts.produced } == 6)
    #expect(try files.names(in: "store/claims").isEmpty)
  }

  /// Runs a and b in one run, and says in another, which must wait for a, what happens.
  private func secondRun(
    during body: @escaping @Sendable (PlannedStage, StageContext) throws -> Void,
    stop: StopSignal = StopSignal(), witness: Witness = Witness()
  ) async throws -> (first: RunSummary, second: RunSummary, ran: [String]) {
    let two = try plan([Calculation("a", 2), Calculation("b", 3)], in: shop.store)
    let started = Counter()
    let slow = Multiplier(files) { stage, context in
      guard stage.name == "a" else { return }
      started.increment()
      try body(stage, context)
    }
    let quick = Multiplier(files)
    async let first = shop.executor(slow, keepGoing: true).run(two)
    // Threads of Swift's pool must not be blocked.
    for _ in 0..<100_000 where started.value == 0 { try await Task.sleep(for: .milliseconds(1)) }
    let second = try await shop.executor(quick, stop: stop, observer: witness).run(two)
    return (try await first, second, quick.runs)
  }

  private func waits(_ witness: Witness) -> [ClaimHolder?] {
    witness.events.compactMap {
      if case .stageWaiting("a", let holder) = $0 { .some(holder) } else { nil }
    }
  }

  private func wait(for condition: () -> Bool) throws {
    for _ in 0..<100_000 {
      if condition() { return }
      usleep(1000)
    }
    throw DiagnosticError("it never came")
  }

  @Test func otherStagesAreTakenAndTheArtifactIsReused() async throws {
    let witness = Witness()
    let both = try await secondRun(
      during: { _, _ in
        try wait {
          waits(witness).count == 1
            && witness.events.contains {
              if case .stageFinished("b", .produced) = $0 { true } else { false }
            }
        }
      }, witness: witness)
    #expect(both.ran == ["b"])
    #expect(both.first.words == ["a produced", "b reused"])
    #expect(both.second.words == ["a reused", "b produced"])
    let holder = try #require(waits(witness).first ?? nil)
    #expect(holder.stage == "a" && holder.run == both.first.run && holder.pipeline == "numbers")
    #expect(waits(witness).count == 1)
  }

  @Test func whatTheOtherRunFailsAtIsTried() async throws {
    let witness = Witness()
    let both = try await secondRun(
      during: { _, _ in
        try wait { !waits(witness).isEmpty }
        throw DiagnosticError("no luck")
      }, witness: witness)
    #expect(both.first.words.first == "a failed")
    #expect(both.second.isComplete)
    #expect(both.ran.sorted() == ["a", "b"])
  }

  @Test func waitingEndsWhenTheRunIsStopped() async throws {
    let witness = Witness()
    let stop = StopSignal()
    let both = try await secondRun(
      during: { _, _ in
        try wait { !waits(witness).isEmpty }
        stop.request()
        try wait {
          witness.events.contains { if case .runFinished = $0 { true } else { false } }
        }
      }, stop: stop, witness: witness)
    #expect(both.second.words.first == "a not started")
    #expect(both.second.wasStopped)
    #expect(both.first.isComplete)
  }

  @Test func deadRunsStagesAreTakenOver() async throws {
    let one = try plan([Calculation("a", 2)], in: shop.store)
    let dead = Workshop(files, process: goneProcess).store
    let holder = ClaimHolder(
      fingerprint: one.stages[0].fingerprint, stage: "a", pipeline: "numbers", run: "x", since: 1)
    guard case .granted = try dead.claim(for: holder) else {
      Issue.record("nobody has it")
      return
    }
    let witness = Witness()
    let summary = try await shop.executor(Multiplier(files), observer: witness).run(one)
    #expect(summary.isComplete)
    #expect(waits(witness).isEmpty)
  }

  @Test func claimsAreGivenBackHoweverAStageEnds() async throws {
    let stop = StopSignal()
    let runner = Multiplier(files) { stage, _ in
      #expect(try files.names(in: "store/claims") == [stage.fingerprint.hexadecimal])
      if stage.name == "b" { throw DiagnosticError("no luck") }
      if stage.name == "d" {
        stop.request()
        throw Interrupted()
      }
    }
    let calculations = [Calculation("a", 2), Calculation("b", 3), Calculation("d", 5)]
    let summary = try await shop.executor(runner, keepGoing: true, stop: stop).run(
      plan(calculations, in: shop.store))
    #expect(summary.words == ["a produced", "b failed", "d stopped"])
    #expect(try files.names(in: "store/claims").isEmpty)
  }

  @Test func runningStagesGiveSignsOfLife() async throws {
    let runner = Multiplier(files) { stage, _ in
      let path = FilePath("store/claims").appending(stage.fingerprint.hexadecimal)
      let first = try files.status(of: path)?.modified
      try wait { (try? files.status(of: path)?.modified) != first }
    }
    let summary = try await shop.executor(runner).run(
      plan([Calculation("a", 2)], in: shop.store))
    #expect(summary.isComplete)
  }

  @Test func forcedStagesOfTwoRunsDoNotRunSideBySide() async throws {
    try await shop.run([Calculation("a", 2)])
    let running = Counter()
    let runner = Multiplier(files) { _, _ in
      #expect(running.increment() == 1)
      usleep(20_000)
      running.increment(by: -1)
    }
    let forced = try plan([Calculation("a", 2)], in: shop.store, forced: ["a"])
    async let first = shop.executor(runner).run(forced)
    async let second = shop.executor(runner).run(forced)
    let summaries = try await [first, second]
    for summary in summaries { #expect(summary.isComplete) }
  }
}
