import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct DurabilityTests {
  private let chain = [Calculation("a", 2), Calculation("b", 3, "a"), Calculation("c", 5, "b")]

  /// All existing records must be complete, and a run on a healthy disk must do the rest.
  private func expectUsable(_ files: MemoryFileSystem) async throws {
    let shop = Workshop(files)
    let records = try shop.store.recordedStages()
    for fingerprint in records {
      guard case .found(let artifact) = try shop.store.artifact(for: fingerprint) else {
        Issue.record("a record without its outputs")
        return
      }
      #expect(try shop.store.verify(artifact.record).isEmpty)
    }
    let (ran, summary) = try await shop.run(chain)
    #expect(ran.count == 3 - records.count)
    #expect(try shop.numbers(summary) == ["a": 2, "b": 6, "c": 30])
  }

  private func atEachStep(
    _ fault: (Int) -> MemoryFileSystem.Fault,
    _ check: (MemoryFileSystem) async throws -> Void
  ) async throws {
    let whole = MemoryFileSystem()
    try await Workshop(whole).run(chain)
    #expect(whole.steps > 60)
    for step in 1...whole.steps {
      let files = MemoryFileSystem()
      // Its leftovers belong to a process that no longer exists.
      let shop = Workshop(files, process: goneProcess)
      files.setFault(fault(step))
      let plan = try plan(chain, in: shop.store)
      // A store that cannot be created ends the run immediately; later faults lead to an outcome.
      _ = try? await shop.executor(Multiplier(files)).run(plan)
      try await check(files)
    }
  }

  @Test func crashAtAnyInstantLosesOnlyWhatWasNotFinished() async throws {
    try await atEachStep({ .crash(at: $0) }) { files in
      for losingNames in [false, true] {
        try await expectUsable(files.afterCrash(losingNames: losingNames))
      }
    }
  }

  @Test func diskThatFillsUpLeavesAValidStore() async throws {
    try await atEachStep({ .from($0, .noSpace) }) { files in
      files.setFault(nil)
      try await expectUsable(files)
    }
  }

  @Test func oneFailingStepLeavesAValidStore() async throws {
    try await atEachStep({ .once(at: $0, .ioError) }) { files in
      // Where a slow run was ended before the step, since its process does not exist, the step is not to fail now.
      files.setFault(nil)
      try await expectUsable(files)
    }
  }

  @Test func fullDiskIsTheStagesError() async throws {
    let files = MemoryFileSystem()
    let shop = Workshop(files)
    let runner = Multiplier(files) { stage, _ in
      if stage.name == "b" { files.setFault(.from(files.steps + 1, .noSpace)) }
    }
    let witness = Witness()
    let summary = try await shop.executor(runner, observer: witness).run(
      plan(chain, in: shop.store))
    #expect(summary.words == ["a produced", "b failed", "c skipped by b"])
    guard case .failed(let failure) = summary.outcome(of: "b") else {
      Issue.record("b fails")
      return
    }
    #expect(failure.error.description.contains("No space left on device"))
    #expect(failure.log == nil)
    #expect(witness.events.contains { if case .warning = $0 { true } else { false } })
  }

  @Test func runsThatShareAStoreDoNotDisturbEachOther() async throws {
    try await withTemporaryFolder { folder in
      let numbers = (0..<12).map { index in
        index < 4
          ? Calculation("s\(index)", 2 + index) : Calculation("s\(index)", 3, "s\(index - 4)")
      }
      let expected = try await Workshop().run(numbers)
      let expectedOutputs = expected.summary.entries.map { $0.outcome.artifact?.record.outputs }
      let outputs = try await withThrowingTaskGroup(of: [[String: StoredObject]?].self) { group in
        for _ in 0..<4 {
          group.addTask {
            let shop = Workshop(LocalFileSystem(), at: folder.appending("store"))
            let summary = try await shop.executor(Multiplier(shop.files), jobs: 3).run(
              plan(numbers, in: shop.store))
            return summary.entries.map { $0.outcome.artifact?.record.outputs }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outputs == Array(repeating: expectedOutputs, count: 4))
      let shop = Workshop(LocalFileSystem(), at: folder.appending("store"))
      for fingerprint in try shop.store.recordedStages() {
        guard case .found(let record) = try shop.store.record(for: fingerprint) else {
          Issue.record("a record is damaged")
          return
        }
        #expect(try shop.store.verify(record).isEmpty)
      }
      #expect(try await shop.run(numbers).ran.isEmpty)
      #expect(try shop.files.names(in: folder.appending("store").appending("tmp")).isEmpty)
    }
  }
}
