import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import SystemPackage
import TestSupport
import Testing

/// Several concurrent runs on one store.
@Suite struct SharedStoreTests {
  private let files = MemoryFileSystem()
  private var shop: Workshop { Workshop(files) }

  @Test(arguments: [2, 4]) func everyStageIsComputedOnce(_ runs: Int) async throws {
    let runner = Multiplier(files) { stage, _ in
      // All have started before the first stage ends.
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
    #expect(summaries.reduce(0) { $0 + $1.counts[.produced, default: 0] } == 6)
    #expect(try files.names(in: "store/claims").isEmpty)
  }

  /// Runs a and b in one run, and checks the events of another, which must wait for a.
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

  /// Whether the second run waits for a and has produced b.
  private func hasDoneTheRest(_ witness: Witness) -> Bool {
    waits(witness).count == 1
      && witness.events.contains {
        if case .stageFinished("b", .produced) = $0 { true } else { false }
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
      during: { _, _ in try wait { hasDoneTheRest(witness) } }, witness: witness)
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
        // Otherwise the first run would take the other stage itself once this one has failed.
        try wait { hasDoneTheRest(witness) }
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
      // The stage before may still be published.
      #expect(try files.names(in: "store/claims").contains(stage.fingerprint.hexadecimal))
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

  /// Another run takes over a stage that this one computes; tells this one's runner how it finds out.
  private func takenOver(
    finishing: Bool, _ wake: @escaping @Sendable (StageContext) throws -> Void
  ) async throws -> (summary: RunSummary, witness: Witness, runs: [String]) {
    let one = try plan([Calculation("a", 2)], in: shop.store)
    let files = files
    let stolen = Counter()
    let runner = Multiplier(files) { stage, context in
      guard stolen.increment() == 1 else { return }
      // The claim's file now contains another claim, as if another machine had taken it over.
      let path = FilePath("store/claims").appending(stage.fingerprint.hexadecimal)
      let other = Workshop(files, process: ProcessIdentity("another-host~1~2")!)
      try files.remove(path)
      let holder = ClaimHolder(
        fingerprint: stage.fingerprint, stage: "a", pipeline: "numbers", run: "other", since: 1,
        process: ProcessIdentity("another-host~1~2")!)
      guard case .granted(let claim) = try other.store.claim(for: holder) else {
        throw DiagnosticError("nobody has it")
      }
      if finishing {
        let result = try other.store.makeWorkspace().appending("result")
        try files.append([UInt8(ascii: "2")], to: result)
        let record = StageRecord(
          fingerprint: stage.fingerprint, stage: "a", pipeline: "numbers", kind: "train",
          revision: 1, settings: stage.settings, inputs: [:], outputs: [:], metrics: [:],
          provenance: ["by": "another"], started: 0, seconds: 0)
        #expect(
          try other.store.publish(record, files: ["number": result], holding: claim) != nil)
      }
      Task.detached {
        // The run waits for the other one's stage until that run gives it up.
        while !witness.waits("a") && !finishing { try await Task.sleep(for: .milliseconds(1)) }
        try other.store.release(claim)
      }
      try wake(context)
    }
    let summary = try await shop.executor(runner, observer: witness).run(one)
    return (summary, witness, runner.runs)
  }

  private let witness = Witness()

  private static let wakings: [@Sendable (StageContext) throws -> Void] = [
    { _ in }, { _ in throw DiagnosticError("cannot write: the disk is full") },
    { context in
      for _ in 0..<20_000 where !context.shouldStop() { usleep(1000) }
      guard context.shouldStop() else { throw DiagnosticError("nobody tells it") }
      throw Interrupted()
    },
  ]

  @Test(arguments: wakings.indices)
  func whoWasTakenOverUsesTheOthersResult(waking: Int) async throws {
    let end = try await takenOver(finishing: true, Self.wakings[waking])
    #expect(end.summary.words == ["a reused"])
    #expect(end.summary.outcome(of: "a")?.artifact?.record.provenance == ["by": "another"])
    #expect(end.runs == ["a"])
  }

  @Test(arguments: wakings.indices)
  func whoWasTakenOverWaitsForTheOtherAndTriesAgain(waking: Int) async throws {
    let end = try await takenOver(finishing: false, Self.wakings[waking])
    #expect(end.summary.words == ["a produced"])
    #expect(end.runs == ["a", "a"])
    #expect(end.witness.waits("a"))
    #expect(try files.names(in: "store/tmp").count == 0)
  }
}

extension Witness {
  fileprivate func waits(_ stage: String) -> Bool {
    events.contains { if case .stageWaiting(stage, _) = $0 { true } else { false } }
  }
}
