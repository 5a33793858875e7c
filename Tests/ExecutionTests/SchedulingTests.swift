import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import TestSupport
import Testing

/// The order of stages, and their threads.
@Suite struct SchedulingTests {
  private let shop = Workshop()

  private func priced(
    _ calculations: [Calculation], seconds: [String: Double] = [:], flops: [String: Double] = [:],
    memory: [String: Int] = [:]
  ) throws -> Plan {
    var plan = try plan(calculations, in: shop.store)
    for index in plan.stages.indices {
      let name = plan.stages[index].name
      var cost = StageCost()
      cost.seconds = seconds[name]
      cost.flops = flops[name]
      cost.memory = memory[name]
      plan.stages[index].cost = cost
    }
    return plan
  }

  private let two = [
    Calculation("many", 2), Calculation("many 2", 2, "many"), Calculation("many 3", 3, "many 2"),
    Calculation("long", 5), Calculation("long 2", 7, "long"),
  ]

  private func order(_ plan: Plan) async throws -> [String] {
    let runner = Multiplier(shop.files)
    _ = try await shop.executor(runner).run(plan)
    return runner.runs
  }

  @Test func theChainOfMostSecondsGoesFirst() async throws {
    let seconds = ["many": 1.0, "many 2": 1, "many 3": 1, "long": 2, "long 2": 10]
    #expect(
      try await order(priced(two, seconds: seconds)) == [
        "long", "long 2", "many", "many 2", "many 3",
      ])
  }

  @Test func unknownSecondsAreReckonedByOperations() async throws {
    // At 100 operations per second, the chain of unknown times takes 9 s, the other 8.
    let seconds = ["many": 1.0, "long": 4, "long 2": 4]
    let flops = ["many": 100.0, "many 2": 400, "many 3": 400, "long": 400, "long 2": 400]
    #expect(
      try await order(priced(two, seconds: seconds, flops: flops)).first == "many")
    let fewer = flops.merging(["many 3": 200]) { $1 }
    let shop = Workshop()
    let runner = Multiplier(shop.files)
    _ = try await shop.executor(runner).run(priced(two, seconds: seconds, flops: fewer))
    #expect(runner.runs.first == "long")
  }

  @Test func withoutPricesStagesAreCounted() async throws {
    #expect(try await order(priced(two)).first == "many")
  }

  @Test func automaticJobsHaveAThreadEachWhereSoManyCanStart() async throws {
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { stage, _ in if stage.inputs.isEmpty { try gate.pass() } }
    let calculations = [
      Calculation("a", 2), Calculation("b", 3), Calculation("c", 5),
      Calculation("last", 1, "a", "b", "c"),
    ]
    _ = try await executor(runner, jobs: .automatic, threads: 3).run(
      plan(calculations, in: shop.store))
    #expect(runner.threads == [1, 1, 1, 3])
  }

  @Test func ofFewerThanThreadsTheMostUrgentHasMost() async throws {
    let gate = Gate(parties: 2)
    let runner = Multiplier(shop.files) { stage, _ in if stage.inputs.isEmpty { try gate.pass() } }
    let plan = try priced(
      [Calculation("short", 2), Calculation("long", 3)], seconds: ["short": 1, "long": 9])
    _ = try await executor(runner, jobs: .automatic, threads: 5).run(plan)
    #expect(zip(runner.runs, runner.threads).contains { $0 == ("long", 3) })
    #expect(zip(runner.runs, runner.threads).contains { $0 == ("short", 2) })
  }

  @Test func automaticJobsNeverTakeMoreThreadsThanThereAre() async throws {
    let used = Guarded((now: 0, most: 0))
    let runner = Multiplier(shop.files) { _, context in
      used.withLock {
        $0.now += context.threads
        $0.most = max($0.most, $0.now)
      }
      usleep(3000)
      used.withLock { $0.now -= context.threads }
    }
    var calculations = [Calculation("root", 2)]
    for index in 0..<12 { calculations.append(Calculation("s\(index)", 2, "root")) }
    let summary = try await executor(runner, jobs: .automatic, threads: 4).run(
      plan(calculations, in: shop.store))
    #expect(summary.isComplete)
    #expect(used.withLock { $0.most } == 4)
  }

  @Test func memoryIsNotExceededAndWhatFitsGoesOn() async throws {
    let used = Guarded((now: 0, most: 0))
    let memory = ["a": 600, "b": 600, "c": 300, "d": 100, "e": 600]
    let gate = Gate(parties: 3)
    let runner = Multiplier(shop.files) { stage, _ in
      used.withLock {
        $0.now += memory[stage.name]!
        $0.most = max($0.most, $0.now)
      }
      if ["a", "c", "d"].contains(stage.name) { try gate.pass() }
      used.withLock { $0.now -= memory[stage.name]! }
    }
    let calculations = memory.keys.sorted().map { Calculation($0, $0.utf8.first.map(Int.init)!) }
    let summary = try await executor(runner, jobs: 5, threads: 5, memory: 1000).run(
      priced(calculations, memory: memory))
    #expect(summary.isComplete)
    let most = used.withLock { $0.most }
    #expect(most == 1000, "a, c and d run side by side, and never two of a, b and e")
  }

  @Test func aStageLargerThanTheBudgetRunsAloneWithAWarning() async throws {
    let running = Counter()
    let runner = Multiplier(shop.files) { stage, _ in
      let now = running.increment()
      if stage.name == "huge" { #expect(now == 1) }
      usleep(3000)
      if stage.name == "huge" { #expect(running.value == 1) }
      running.increment(by: -1)
    }
    let witness = Witness()
    let plan = try priced(
      [Calculation("a", 2), Calculation("huge", 3), Calculation("b", 5)],
      memory: ["a": 10, "huge": 5_000_000_000, "b": 10])
    let summary = try await executor(
      runner, jobs: 3, threads: 3, memory: 1_000_000_000, observer: witness
    ).run(plan)
    #expect(summary.isComplete)
    let warnings = witness.events.compactMap { event in
      if case .warning(let diagnostic) = event { diagnostic.message } else { nil }
    }
    #expect(
      warnings == [
        "stage 'huge' is expected to take 5.00 GB of memory, more than the 1.00 GB available to stages: it "
          + "runs alone"
      ])
  }

  @Test func aStageLargerThanTheMachineFailsBeforeItBegins() async throws {
    let runner = Multiplier(shop.files) { stage, _ in #expect(stage.name != "huge") }
    let plan = try priced(
      [Calculation("a", 2), Calculation("huge", 3)], memory: ["a": 10, "huge": 5_000_000_000])
    let executor = Executor(
      store: shop.store, runners: StageRunners(runner),
      options: ExecutionOptions(threads: 1, machineMemory: 4_000_000_000, keepGoing: true),
      version: "0.0.0-test", time: TickingTimeSource())
    let summary = try await executor.run(plan)
    #expect(summary.outcome(of: "a")?.artifact != nil)
    guard case .failed(let failure)? = summary.outcome(of: "huge") else {
      Issue.record("it did not fail")
      return
    }
    #expect(
      failure.error.diagnostics.first?.message
        == "it takes about 5.00 GB of memory, but the machine has 4.00 GB")
    #expect(failure.cause == .outOfMemory)
  }

  @Test func failedStagesAreTriedAgainOnlyWhereAsked() async throws {
    for (retries, failures, isComplete) in [
      (0, 1, false), (1, 1, true), (2, 3, false), (3, 3, true),
    ] {
      let shop = Workshop()
      let attempts = Counter()
      let runner = Multiplier(shop.files) { _, _ in
        guard attempts.increment() <= failures else { return }
        throw DiagnosticError("out of luck")
      }
      let witness = Witness()
      let executor = Executor(
        store: shop.store, runners: StageRunners(runner),
        options: ExecutionOptions(threads: 1, retries: retries), version: "0.0.0-test",
        time: TickingTimeSource(), observer: witness)
      let summary = try await executor.run(plan([Calculation("a", 2)], in: shop.store))
      #expect(summary.isComplete == isComplete)
      #expect(attempts.value == min(retries, failures) + 1)
      let warnings = witness.events.count { if case .warning = $0 { true } else { false } }
      #expect(warnings == min(retries, failures))
    }
  }

  @Test func whatFailsAgainForSureIsNotTriedAgain() async throws {
    for (cause, expected) in [
      (FailureCause.diverged(iteration: 3), 1), (.unusableInput, 1), (.outOfSpace, 3), (.other, 3),
    ] {
      let shop = Workshop()
      let attempts = Counter()
      let runner = Multiplier(shop.files) { _, _ in
        _ = attempts.increment()
        throw DiagnosticError("out of luck", cause: cause)
      }
      let executor = Executor(
        store: shop.store, runners: StageRunners(runner),
        options: ExecutionOptions(threads: 1, retries: 2), version: "0.0.0-test",
        time: TickingTimeSource())
      let summary = try await executor.run(plan([Calculation("a", 2)], in: shop.store))
      #expect(summary.words == ["a failed"])
      #expect(attempts.value == expected, "\(cause)")
    }
  }

  @Test func aForcedStageForgetsWhatOthersHaveLeftButNotItsOwnAttempts() async throws {
    let shop = Workshop()
    let files = shop.files
    let attempts = Counter()
    let found = Guarded<[[String]]>([])
    let runner = Multiplier(files) { _, context in
      let number = attempts.increment()
      let names = (try? files.names(in: context.unfinished)) ?? []
      found.withLock { $0.append(names) }
      try files.makeFolder(context.unfinished)
      try files.append([1], to: context.unfinished.appending("part-\(number)"))
      throw DiagnosticError("out of luck")
    }
    func run(forced: Set<String>) async throws {
      let executor = Executor(
        store: shop.store, runners: StageRunners(runner),
        options: ExecutionOptions(threads: 1, retries: 1), version: "0.0.0-test",
        time: TickingTimeSource())
      _ = try await executor.run(plan([Calculation("a", 2)], in: shop.store, forced: forced))
    }
    try await run(forced: [])
    try await run(forced: ["a"])
    #expect(
      found.withLock { $0 } == [[], ["part-1"], [], ["part-3"]])
  }

  private func executor(
    _ runner: any StageRunner, jobs: ExecutionOptions.Jobs, threads: Int, memory: Int? = nil,
    observer: (any ExecutionObserver)? = nil
  ) -> Executor {
    Executor(
      store: shop.store, runners: StageRunners(runner),
      options: ExecutionOptions(jobs: jobs, threads: threads, memory: memory),
      version: "0.0.0-test", time: TickingTimeSource(), observer: observer)
  }
}
