import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct CacheStoryTests {
  private let shop = Workshop()

  @Test func firstRunRunsEverything() async throws {
    let (ran, summary) = try await shop.run(diamond)
    #expect(ran == ["a", "b", "c", "d", "e", "f"])
    #expect(try shop.numbers(summary) == diamondNumbers)
    #expect(summary.isComplete)
    #expect(summary.counts[.produced] == 6)
  }

  @Test func secondRunRunsNothingAndWritesNothing() async throws {
    let files = MemoryFileSystem()
    let shop = Workshop(files)
    try await shop.run(diamond)
    let before = files.files
    let steps = files.steps
    let (ran, summary) = try await shop.run(diamond)
    #expect(ran.isEmpty)
    #expect(summary.counts[.reused] == 6)
    #expect(try shop.numbers(summary) == diamondNumbers)
    #expect(files.steps == steps)
    #expect(files.files == before)
  }

  @Test(
    arguments: [
      ("a", ["a", "c", "d", "e"]), ("b", ["b", "d", "e", "f"]), ("c", ["c", "e"]),
      ("d", ["d", "e"]),
      ("e", ["e"]), ("f", ["f"]),
    ] as [(String, Set<String>)])
  func changedStageRunsWithItsDescendants(_ changed: String, _ expected: Set<String>) async throws {
    try await shop.run(diamond)
    var edited = diamond
    edited[edited.firstIndex { $0.name == changed }!].factor += 100
    #expect(try await shop.run(edited).ran == expected)
    // Reverting the edit reruns nothing.
    #expect(try await shop.run(diamond).ran.isEmpty)
  }

  @Test func renamingRunsNothing() async throws {
    try await shop.run([Calculation("a", 2), Calculation("b", 3, "a")])
    let (ran, summary) = try await shop.run([Calculation("x", 2), Calculation("y", 3, "x")])
    #expect(ran.isEmpty)
    #expect(try shop.numbers(summary) == ["x": 2, "y": 6])
  }

  @Test func deletedOutputIsMadeAgainAndNothingElse() async throws {
    let first = try await shop.run(diamond).summary
    let artifact = try #require(first.outcome(of: "d")?.artifact)
    try shop.files.remove(artifact.files["number"]!)
    // The plan still says cached, since it was based on the records.
    let planned = try plan(diamond, in: shop.store)
    #expect(planned.stages.allSatisfy { $0.status == .cached })
    let runner = Multiplier(shop.files)
    let summary = try await shop.executor(runner).run(planned)
    #expect(runner.runs == ["d"])
    guard case .produced(let again, because: let reason) = summary.outcome(of: "d") else {
      Issue.record("d was not produced")
      return
    }
    #expect(reason == .artifactMissing("its output 'number' is missing"))
    #expect(again.record.outputs == artifact.record.outputs)
    #expect(try shop.numbers(summary) == diamondNumbers)
  }

  @Test func cutOutputIsMadeAgain() async throws {
    let files = MemoryFileSystem()
    let shop = Workshop(files)
    let first = try await shop.run(diamond).summary
    files.damage(first.outcome(of: "e")!.artifact!.files["number"]!) { $0.removeLast() }
    let (ran, summary) = try await shop.run(diamond)
    #expect(ran == ["e"])
    #expect(try shop.numbers(summary) == diamondNumbers)
  }

  @Test func damagedRecordIsMadeAgain() async throws {
    let files = MemoryFileSystem()
    let shop = Workshop(files)
    let first = try await shop.run(diamond).summary
    let fingerprint = first.outcome(of: "c")!.artifact!.record.fingerprint
    files.damage(shop.store.recordPath(fingerprint)) { $0.removeLast(20) }
    let (ran, summary) = try await shop.run(diamond)
    #expect(ran == ["c"])
    guard case .produced(_, because: .artifactMissing(let what)) = summary.outcome(of: "c") else {
      Issue.record("c was not produced for its record")
      return
    }
    #expect(what.hasPrefix("its record is damaged"))
  }

  @Test func forcedStageRunsThoughItIsThere() async throws {
    try await shop.run(diamond)
    let (ran, summary) = try await shop.run(diamond, forced: ["a"])
    #expect(ran == ["a"])
    guard case .produced(_, because: .forced) = summary.outcome(of: "a") else {
      Issue.record("a was not forced")
      return
    }
  }

  @Test(arguments: [1, 4]) func stagesOfOneFingerprintAreComputedOnce(_ jobs: Int) async throws {
    let twins = [
      Calculation("one", 6), Calculation("two", 6), Calculation("three", 6),
      Calculation("after", 2, "two"), Calculation("last", 2, "three"),
    ]
    let runner = Multiplier(shop.files)
    let summary = try await shop.executor(runner, jobs: jobs).run(plan(twins, in: shop.store))
    #expect(runner.runs.count == 2)
    #expect(Set(runner.runs).subtracting(["after", "last"]) == ["one"])
    #expect(summary.counts[.produced] == 2)
    #expect(summary.counts[.reused] == 3)
    #expect(
      try shop.numbers(summary) == ["one": 6, "two": 6, "three": 6, "after": 12, "last": 12])
  }

  @Test func forcedTwinIsComputedOnce() async throws {
    let twins = [Calculation("one", 6), Calculation("two", 6)]
    let (ran, _) = try await shop.run(twins, forced: ["one", "two"])
    #expect(ran == ["one"])
  }

  @Test func latestRunsAreNotedForProducedAndReusedStages() async throws {
    try await shop.run([Calculation("a", 2), Calculation("b", 3, "a")])
    let renamed = [Calculation("x", 2), Calculation("twin", 2), Calculation("c", 9)]
    let summary = try await shop.run(renamed).summary
    let latest = try shop.store.latestRuns(of: "numbers")
    for name in ["x", "twin", "c"] {
      #expect(
        latest.fingerprint(of: name)
          == summary.outcome(of: name)?.artifact?.record.fingerprint)
    }
  }

  @Test func recordsTellWhereTheyComeFrom() async throws {
    let summary = try await shop.run(diamond).summary
    let record = try #require(summary.outcome(of: "d")?.artifact?.record)
    #expect(record.stage == "d")
    #expect(record.pipeline == "numbers")
    #expect(record.kind == "multiply")
    #expect(record.settings == ["factor": 7])
    #expect(record.metrics == ["number": 42])
    #expect(record.provenance == ["by": "hand", "cambium": "0.0.0-test", "threads": 1])
    #expect(
      record.inputs == [
        "input 0": summary.outcome(of: "a")!.artifact!.record.fingerprint,
        "input 1": summary.outcome(of: "b")!.artifact!.record.fingerprint,
      ])
    #expect(record.started >= 1_000_000_000)
    #expect(record.seconds > 0)
  }

  @Test func readOnlyStoreServesARunWithNothingToDo() async throws {
    let files = MemoryFileSystem()
    let shop = Workshop(files)
    try await shop.run(diamond)
    files.setFault(.from(1, .readOnlyFileSystem))
    #expect(try await shop.run(diamond).summary.isComplete)
    let witness = Witness()
    // There are new names to note, but nothing that matters.
    let renamed = try plan([Calculation("x", 2)], in: shop.store)
    let summary = try await shop.executor(Multiplier(files), observer: witness).run(renamed)
    #expect(summary.isComplete)
    #expect(witness.events.contains { if case .warning = $0 { true } else { false } })
    await #expect(throws: DiagnosticError.self) { try await shop.run([Calculation("x", 99)]) }
  }
}
