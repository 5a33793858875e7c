import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct OrderTests {
  /// A wide and deep plan in which every stage reads some earlier ones.
  private var web: [Calculation] {
    (0..<30).map { index in
      var calculation = Calculation("s\(index)", 2 + index)
      // Few inputs each, so that the products fit.
      if index >= 6 { calculation.inputs = ["s\(index - 6)"] }
      if index >= 13, index % 5 == 0 { calculation.inputs.append("s\(index - 13)") }
      return calculation
    }
  }

  @Test func stagesOfOthersAreLeftToThem() async throws {
    let shop = Workshop()
    let runner = Multiplier(shop.files)
    func run(only own: Set<String>) async throws -> [String] {
      try await shop.executor(runner, keepGoing: true).run(
        plan(diamond, in: shop.store), only: own
      ).words
    }
    // Without a, which is another's, neither c and d nor what reads them can be computed.
    #expect(
      try await run(only: ["b", "c", "e", "f"]) == [
        "a not started", "b produced", "c skipped by a", "d skipped by a", "e skipped by a",
        "f produced",
      ])
    #expect(try await run(only: ["a"])[0] == "a produced")
    #expect(
      try await run(only: ["c", "e"]) == [
        "a reused", "b reused", "c produced", "d not started", "e skipped by d", "f reused",
      ])
    #expect(runner.runs.sorted() == ["a", "b", "c", "f"])
  }

  @Test func outputsAreTheSameForAnyNumberOfJobs() async throws {
    var outputs: [[String: [String: StoredObject]]] = []
    for jobs in [1, 2, 4] {
      let shop = Workshop()
      let (ran, summary) = try await shop.run(web, jobs: jobs)
      #expect(ran.count == 30)
      outputs.append(
        Dictionary(
          uniqueKeysWithValues: summary.entries.map {
            ($0.stage, $0.outcome.artifact!.record.outputs)
          }))
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] == outputs[2])
  }

  @Test func longestChainGoesFirst() async throws {
    let shop = Workshop()
    let runner = Multiplier(shop.files)
    let calculations = [
      Calculation("short", 2), Calculation("middle", 3), Calculation("long", 5),
      Calculation("long 2", 2, "long"), Calculation("middle 2", 2, "middle"),
      Calculation("long 3", 2, "long 2"),
    ]
    _ = try await shop.executor(runner).run(plan(calculations, in: shop.store))
    #expect(runner.runs == ["long", "middle", "long 2", "short", "middle 2", "long 3"])
  }

  @Test func finishedStagesDoNotLengthenAChain() async throws {
    let shop = Workshop()
    let tail = [Calculation("x", 7), Calculation("x2", 2, "x"), Calculation("x3", 2, "x2")]
    try await shop.run(tail)
    let runner = Multiplier(shop.files)
    try shop.store.removeRecord(for: plan(tail, in: shop.store).stages[0].fingerprint)
    let both = tail + [Calculation("y", 3), Calculation("y2", 2, "y")]
    _ = try await shop.executor(runner).run(plan(both, in: shop.store))
    #expect(runner.runs == ["y", "x", "y2"])
  }

  @Test func independentStagesRunSideBySide() async throws {
    let shop = Workshop()
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { _, _ in try gate.pass() }
    let summary = try await shop.executor(runner, jobs: 3).run(
      plan([Calculation("a", 2), Calculation("b", 3), Calculation("c", 5)], in: shop.store))
    #expect(summary.isComplete)
  }

  @Test func jobsAreNotExceeded() async throws {
    let shop = Workshop()
    let running = Counter()
    let most = Guarded(0)
    let runner = Multiplier(shop.files) { _, _ in
      let now = running.increment()
      most.withLock { $0 = max($0, now) }
      usleep(2000)
      running.increment(by: -1)
    }
    _ = try await shop.executor(runner, jobs: 2).run(plan(web, in: shop.store))
    #expect(most.withLock { $0 } <= 2)
  }

  @Test func threadsAreDividedAmongRunningStages() async throws {
    let shop = Workshop()
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { stage, _ in if stage.inputs.isEmpty { try gate.pass() } }
    let calculations = [
      Calculation("a", 2), Calculation("b", 3), Calculation("c", 5),
      Calculation("last", 1, "a", "b", "c"),
    ]
    _ = try await shop.executor(runner, jobs: 4, threads: 8).run(
      plan(calculations, in: shop.store))
    #expect(runner.threads.prefix(3).sorted() == [2, 3, 3])
    // A single stage gets all of them.
    #expect(runner.threads.last == 8)
  }

  @Test func everyStageHasAThread() async throws {
    let shop = Workshop()
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { _, _ in try gate.pass() }
    _ = try await shop.executor(runner, jobs: 3, threads: 2).run(
      plan([Calculation("a", 2), Calculation("b", 3), Calculation("c", 5)], in: shop.store))
    #expect(runner.threads == [1, 1, 1])
  }

  @Test func runnersHaveALargeStack() async throws {
    let shop = Workshop()
    let runner = Multiplier(shop.files) { _, _ in
      // Eight megabytes of the thread's stack, more than threads of Swift's pool have.
      func descend(_ depth: Int) -> Int {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { buffer in
          buffer.initialize(repeating: UInt8(truncatingIfNeeded: depth))
          return depth == 0 ? Int(buffer[0]) : descend(depth - 1) + Int(buffer[999] & 1)
        }
      }
      #expect(descend(8000) == 4000)
    }
    let summary = try await shop.executor(runner).run(plan([Calculation("a", 2)], in: shop.store))
    #expect(summary.isComplete)
  }

  @Test func aThousandFinishedStagesAreReused() async throws {
    let shop = Workshop()
    let many = (0..<1000).map { Calculation("s\($0)", $0) }
    let first = try await shop.run(many, jobs: 4)
    #expect(first.ran.count == 1000)
    #expect(try await shop.run(many).summary.counts[.reused] == 1000)
  }
}
