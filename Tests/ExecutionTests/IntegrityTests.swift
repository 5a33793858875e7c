import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct IntegrityTests {
  private let files = MemoryFileSystem()
  private var shop: Workshop { Workshop(files) }
  private let chain = [Calculation("a", 2), Calculation("b", 3, "a"), Calculation("c", 5, "b")]

  private func artifact(_ stage: String, _ summary: RunSummary) -> StoredArtifact {
    summary.outcome(of: stage)!.artifact!
  }

  private func flip(_ stage: String, _ summary: RunSummary) {
    files.damage(artifact(stage, summary).files["number"]!) { $0[0] ^= 1 }
  }

  private func run(
    _ calculations: [Calculation], forced: Set<String> = [], read: Set<String> = [],
    jobs: Int = 1, witness: Witness = Witness(),
    hook: @escaping @Sendable (PlannedStage, StageContext) throws -> Void = { _, _ in }
  ) async throws -> (ran: [String], summary: RunSummary) {
    let runner = Multiplier(files, hook: hook)
    let summary = try await shop.executor(
      runner, jobs: jobs, keepGoing: true, observer: witness
    ).run(plan(calculations, in: shop.store, forced: forced), thenReading: read)
    return (runner.runs, summary)
  }

  private func damages(_ witness: Witness) -> [String] {
    witness.events.compactMap {
      if case .stageDamaged(let stage, let damage) = $0 { "\(stage): \(damage)" } else { nil }
    }
  }

  @Test func alteredInputIsFoundAndMadeAnewBeforeItIsUsed() async throws {
    let first = try await shop.run(diamond).summary
    flip("a", first)
    var edited = diamond
    edited[3].factor = 70
    let witness = Witness()
    let (ran, summary) = try await run(edited, witness: witness)
    #expect(ran == ["a", "d", "e"])
    #expect(try shop.numbers(summary)["e"] == 46200)
    #expect(artifact("a", summary).record.outputs == artifact("a", first).record.outputs)
    #expect(damages(witness) == ["a: the content of its output 'number' has changed"])
    guard case .produced(_, because: .artifactMissing(let why)) = summary.outcome(of: "a") else {
      Issue.record("a is produced since its artifact is damaged")
      return
    }
    #expect(why == "the content of its output 'number' has changed")
    #expect(try files.names(in: shop.store.damagedFolder).count == 1)
    #expect(try shop.store.verify(artifact("a", summary).record).isEmpty)
    // a is reported as reused, then as produced.
    let ends = witness.events.filter { if case .stageFinished("a", _) = $0 { true } else { false } }
    #expect(ends.count == 2)
  }

  @Test(arguments: [MemoryFileSystem.Loss.content, .everything])
  func anInputThatTheDiskHasLostIsMadeAnew(loss: MemoryFileSystem.Loss) async throws {
    let first = try await shop.run(chain).summary
    files.lose(loss, of: artifact("b", first).files["number"]!)
    let (ran, summary) = try await run(chain, forced: ["c"])
    #expect(ran == ["b", "c"])
    #expect(summary.isComplete)
    #expect(try files.names(in: shop.store.damagedFolder).count == 1)
    #expect(try shop.store.audit(isRepairing: false).findings.isEmpty)
  }

  @Test(arguments: [1, 3]) func damagedInputsOfDamagedInputsAreMadeAnew(_ jobs: Int) async throws {
    let first = try await shop.run(chain).summary
    flip("a", first)
    flip("b", first)
    let (ran, summary) = try await run(chain, forced: ["c"], jobs: jobs)
    #expect(ran == ["a", "b", "c"])
    #expect(try shop.numbers(summary) == ["a": 2, "b": 6, "c": 30])
  }

  @Test func stagesThatShareADamagedInputWaitForItOnce() async throws {
    let fan = [Calculation("a", 2)] + (1...6).map { Calculation("s\($0)", $0 + 10, "a") }
    let first = try await shop.run(fan).summary
    flip("a", first)
    let witness = Witness()
    let (ran, summary) = try await run(
      fan, forced: Set(fan.dropFirst().map(\.name)), jobs: 4, witness: witness)
    #expect(ran.sorted() == fan.map(\.name))
    #expect(ran.first == "a")
    #expect(summary.isComplete)
    #expect(damages(witness).count == 1)
  }

  @Test func stagesOfOneFingerprintAreMadeAnewTogether() async throws {
    let twins = [Calculation("one", 6), Calculation("two", 6), Calculation("after", 2, "two")]
    let first = try await shop.run(twins).summary
    flip("two", first)
    let (ran, summary) = try await run(twins, forced: ["after"])
    #expect(ran == ["one", "after"])
    #expect(try shop.numbers(summary) == ["one": 6, "two": 6, "after": 12])
  }

  @Test(arguments: [1, 3]) func stagesOfOneFingerprintMayBeReadInTwoRoles(_ jobs: Int) async throws
  {
    let twins = [
      Calculation("one", 6), Calculation("two", 6), Calculation("after", 2, "one", "two", "two"),
    ]
    let first = try await shop.run(twins).summary
    flip("two", first)
    let witness = Witness()
    let (ran, summary) = try await run(twins, forced: ["after"], jobs: jobs, witness: witness)
    #expect(ran == ["one", "after"])
    #expect(summary.isComplete)
    #expect(damages(witness).count == 2)
    #expect(try shop.numbers(summary)["after"] == 2 * 6 * 6 * 6)
  }

  @Test func inputThatIsRemovedDuringTheRunIsMadeAnew() async throws {
    let first = try await shop.run(chain + [Calculation("x", 7)]).summary
    let path = artifact("b", first).files["number"]!
    let calculations = [Calculation("x", 7)] + chain
    let (ran, summary) = try await run(
      calculations, forced: ["x", "c"],
      hook: { [files] stage, _ in if stage.name == "x" { try files.remove(path) } })
    #expect(ran == ["x", "b", "c"])
    #expect(summary.isComplete)
  }

  @Test func whatCannotBeMadeAnewIsSkippedWithWhatReadsIt() async throws {
    let first = try await shop.run(chain).summary
    flip("b", first)
    try shop.store.removeRecord(for: artifact("a", first).record.fingerprint)
    let (ran, summary) = try await run(
      chain, forced: ["c"],
      hook: { stage, _ in if stage.name == "a" { throw DiagnosticError("no luck") } })
    #expect(ran == ["a"])
    #expect(summary.words == ["a failed", "b skipped by a", "c skipped by a"])
  }

  @Test func whatIsReadAfterTheRunIsComparedToo() async throws {
    let first = try await shop.run(chain).summary
    flip("c", first)
    // A run with nothing to do does not read it.
    #expect(try await run(chain).ran.isEmpty)
    let witness = Witness()
    let (ran, summary) = try await run(chain, read: ["c"], witness: witness)
    #expect(ran == ["c"])
    #expect(try shop.numbers(summary)["c"] == 30)
    #expect(damages(witness).count == 1)
    #expect(try await run(chain, read: ["c"]).ran.isEmpty)
  }

  @Test func damagedRecordIsToldAndSetAside() async throws {
    let first = try await shop.run(chain).summary
    let path = shop.store.recordPath(artifact("b", first).record.fingerprint)
    let size = try files.read(path).count
    // The last byte is the line break, which does not matter.
    for position in stride(from: 0, to: size - 1, by: 37) {
      files.damage(path) { $0[position] ^= 1 }
      let witness = Witness()
      let (ran, summary) = try await run(chain, witness: witness)
      #expect(ran == ["b"], "byte \(position)")
      #expect(damages(witness).count == 1)
      #expect(artifact("b", summary).record.outputs == artifact("b", first).record.outputs)
    }
    #expect(try files.names(in: shop.store.damagedFolder).count > 5)
  }

  @Test func inputThatIsAlteredWhileAStageRunsIsFoundAndTheStageRunsAgain() async throws {
    let first = try await shop.run([chain[0]]).summary
    let path = artifact("a", first).files["number"]!
    let times = Counter()
    let witness = Witness()
    let (ran, summary) = try await run(Array(chain.prefix(2)), witness: witness) { stage, _ in
      if stage.name == "b", times.increment() == 1 { files.overwrite(path) { $0[0] ^= 1 } }
    }
    #expect(ran == ["b", "a", "b"])
    #expect(try shop.numbers(summary) == ["a": 2, "b": 6])
    #expect(damages(witness) == ["a: the content of its output 'number' has changed"])
  }

  @Test func recordsNameTheDigestsOfWhatWasRead() async throws {
    let summary = try await shop.run(diamond).summary
    let record = artifact("d", summary).record
    let expected = ["input 0": "a", "input 1": "b"].mapValues { stage in
      artifact(stage, summary).record.outputs.mapValues(\.digest)
    }
    #expect(record.read == expected)
    #expect(artifact("a", summary).record.read == [:])
    guard case .found(let stored) = try shop.store.record(for: record.fingerprint) else {
      Issue.record("it is stored")
      return
    }
    #expect(stored == record)
  }
}
