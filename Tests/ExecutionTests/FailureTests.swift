import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

@Suite struct FailureTests {
  private let shop = Workshop()

  private func failing(at names: Set<String>, _ error: any Error) -> Multiplier {
    Multiplier(shop.files) { stage, _ in if names.contains(stage.name) { throw error } }
  }

  @Test func failureBlocksExactlyItsDependents() async throws {
    let runner = failing(at: ["c"], DiagnosticError("loss is not finite"))
    let summary = try await shop.executor(runner, keepGoing: true).run(
      plan(diamond, in: shop.store))
    #expect(
      summary.words
        == ["a produced", "b produced", "c failed", "d produced", "e skipped by c", "f produced"])
    #expect(!summary.isComplete)
    #expect(summary.counts[.failed] == 1)
    #expect(summary.counts[.skipped] == 1)
  }

  @Test func withoutKeepGoingNothingNewStarts() async throws {
    let runner = failing(at: ["a"], DiagnosticError("no"))
    let summary = try await shop.executor(runner).run(plan(diamond, in: shop.store))
    #expect(runner.runs == ["a"])
    #expect(
      summary.words == [
        "a failed", "b not started", "c skipped by a", "d skipped by a", "e skipped by a",
        "f not started",
      ])
  }

  @Test func runningStagesAreFinishedAfterAFailure() async throws {
    let gate = Gate(parties: 2)
    let files = shop.files
    let runner = Multiplier(files) { stage, _ in
      // Both run before one of them fails.
      try gate.pass()
      if stage.name == "a" { throw DiagnosticError("no") }
    }
    let summary = try await shop.executor(runner, jobs: 2).run(
      plan([Calculation("a", 2), Calculation("b", 3)], in: shop.store))
    #expect(summary.words == ["a failed", "b produced"])
  }

  @Test func whatFinishedIsUsedWhenTheCauseIsMended() async throws {
    let runner = failing(at: ["d"], DiagnosticError("no"))
    _ = try await shop.executor(runner, keepGoing: true).run(plan(diamond, in: shop.store))
    let (ran, summary) = try await shop.run(diamond)
    #expect(ran == ["d", "e"])
    #expect(try shop.numbers(summary) == diamondNumbers)
  }

  @Test func twinsOfAFailedStageAreNotTried() async throws {
    let runner = failing(at: ["one"], DiagnosticError("no"))
    let summary = try await shop.executor(runner, keepGoing: true).run(
      plan(
        [Calculation("one", 2), Calculation("two", 2), Calculation("after", 3, "two")],
        in: shop.store))
    #expect(summary.words == ["one failed", "two skipped by one", "after skipped by one"])
  }

  @Test func failureNamesItsLog() async throws {
    let runner = failing(at: ["b"], DiagnosticError("loss is not finite"))
    let summary = try await shop.executor(runner).run(plan(diamond, in: shop.store))
    guard case .failed(let failure) = summary.outcome(of: "b") else {
      Issue.record("b did not fail")
      return
    }
    #expect(failure.error.diagnostics.map(\.message) == ["loss is not finite"])
    let text = String(decoding: try shop.files.read(#require(failure.log)), as: UTF8.self)
    #expect(text.contains("stage: b\n"))
    #expect(text.contains("\"factor\": 3"))
    #expect(text.contains("error: loss is not finite"))
  }

  @Test func otherErrorsFailTheStageToo() async throws {
    struct Surprise: Error {}
    let runner = failing(at: ["a"], Surprise())
    let summary = try await shop.executor(runner).run(
      plan([Calculation("a", 2)], in: shop.store))
    #expect(summary.words == ["a failed"])
  }

  @Test func kindWithoutRunnerFails() async throws {
    let executor = Executor(
      store: shop.store, runners: StageRunners(), options: ExecutionOptions(threads: 1),
      version: "test",
      time: TickingTimeSource())
    let summary = try await executor.run(plan([Calculation("a", 2)], in: shop.store))
    guard case .failed(let failure) = summary.outcome(of: "a") else {
      Issue.record("a did not fail")
      return
    }
    #expect(failure.error.description == "error: this program cannot run multiply stages")
  }

  @Test func workspacesAreRemovedHoweverAStageEnds() async throws {
    let runner = Multiplier(shop.files) { [files = shop.files] stage, context in
      try files.append([1, 2, 3], to: context.workspace.appending("scratch"))
      if stage.name == "c" { throw DiagnosticError("no") }
      if stage.name == "f" { throw Interrupted() }
    }
    _ = try await shop.executor(runner, keepGoing: true).run(plan(diamond, in: shop.store))
    #expect(try shop.files.names(in: "store/tmp").isEmpty)
  }

  @Test func workspacesAreEmptyAndDifferent() async throws {
    let runner = Multiplier(shop.files) { [files = shop.files] _, context in
      let found = try files.names(in: context.workspace)
      if !found.isEmpty { throw DiagnosticError("workspace holds \(found)") }
      try files.append([1], to: context.workspace.appending("scratch"))
    }
    let summary = try await shop.executor(runner, jobs: 3).run(plan(diamond, in: shop.store))
    #expect(summary.isComplete)
  }
}
