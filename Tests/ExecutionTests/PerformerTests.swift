import ArtifactStore
import Basics
import Execution
import Planning
import TestSupport
import Testing

/// The jobs of a cluster: the stages of each.
private final class Submissions: Sendable {
  private let submitted = Guarded<[[String]]>([])

  var jobs: [[String]] { submitted.withLock { $0 } }

  func add(_ job: [String]) { submitted.withLock { $0.append(job) } }
}

/// Performs stages like a cluster: those handed out together form one job, which is a run of its own on the shared
/// store, with its own claims.
private final class Cluster: StagePerformer {
  private let desk: StageDesk
  private let plan: Plan
  private let shop: Workshop
  private let runner: Multiplier
  private let submissions: Submissions
  private var handedOut: [StageTurn] = []
  private var reports: [StageReport] = []

  init(
    _ plan: Plan, _ shop: Workshop, _ runner: Multiplier, _ submissions: Submissions,
    at desk: StageDesk
  ) {
    self.plan = plan
    self.shop = shop
    self.runner = runner
    self.submissions = submissions
    self.desk = desk
  }

  var room: StageRoom? { reports.isEmpty ? StageRoom() : nil }
  var isIdle: Bool { handedOut.isEmpty && reports.isEmpty }

  func start(_ turn: StageTurn, among ready: Int) { handedOut.append(turn) }

  func next(within seconds: Double) -> StageReport? {
    if reports.isEmpty { submit() }
    return reports.isEmpty ? nil : reports.removeFirst()
  }

  private func submit() {
    let names = handedOut.map(\.stage.name)
    submissions.add(names)
    let other = Workshop(shop.files, process: ProcessIdentity("node-7~1~2")!)
    for turn in handedOut {
      let outcome: StageOutcome
      do {
        let summary = try other.executor(runner, keepGoing: true).run(plan.selecting(names))
        switch summary.outcome(of: turn.stage.name) {
        case .reused(let artifact)?, .produced(let artifact, _)?:
          outcome = .produced(artifact, because: turn.reason)
        case let other?: outcome = other
        case nil: outcome = .notStarted
        }
      } catch {
        outcome = desk.failure(
          of: turn.stage, error as? DiagnosticError ?? DiagnosticError("\(error)"), threads: 1)
      }
      reports.append(StageReport(turn, .ended(outcome)))
    }
    handedOut = []
  }
}

/// A run whose stages are performed elsewhere.
@Suite struct PerformerTests {
  private let shop = Workshop()

  private func run(
    _ calculations: [Calculation], _ runner: Multiplier, _ submissions: Submissions,
    observer: (any ExecutionObserver)? = nil
  ) async throws -> RunSummary {
    let plan = try plan(calculations, in: shop.store)
    let executor = Executor(
      store: shop.store, options: ExecutionOptions(threads: 1, keepGoing: true), version: "test",
      time: TickingTimeSource(), observer: observer
    ) { [shop] in Cluster(plan, shop, runner, submissions, at: $0) }
    return try await executor.run(plan)
  }

  @Test func stagesThatCanStartTogetherAreHandedOutTogether() async throws {
    let (runner, submissions, witness) = (Multiplier(shop.files), Submissions(), Witness())
    let summary = try await run(diamond, runner, submissions, observer: witness)
    #expect(submissions.jobs.map { $0.sorted() } == [["a", "b"], ["c", "d", "f"], ["e"]])
    #expect(try shop.numbers(summary) == diamondNumbers)
    #expect(summary.entries.allSatisfy { word($0.outcome) == "produced" })
    #expect(runner.runs.sorted() == ["a", "b", "c", "d", "e", "f"])
    let ended = witness.events.compactMap { event in
      if case .stageFinished(let name, _) = event { name } else { nil }
    }
    #expect(ended.sorted() == ["a", "b", "c", "d", "e", "f"])
    // All of it is in the store for the next run, on any machine.
    let again = try await shop.run(diamond)
    #expect(again.ran.isEmpty)
  }

  @Test func whatFailsElsewhereBlocksWhatReadsIt() async throws {
    let runner = Multiplier(shop.files) { stage, _ in
      if stage.name == "a" { throw DiagnosticError("the node is on fire") }
    }
    let submissions = Submissions()
    let summary = try await run(diamond, runner, submissions)
    #expect(
      summary.words == [
        "a failed", "b produced", "c skipped by a", "d skipped by a", "e skipped by a",
        "f produced",
      ])
    #expect(submissions.jobs.map { $0.sorted() } == [["a", "b"], ["f"]])
  }
}
