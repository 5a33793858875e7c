import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

/// A stage for tests: the product of a factor and the numbers of its inputs.
struct Calculation {
  var name: String
  var factor: Int
  var inputs: [String]

  init(_ name: String, _ factor: Int, _ inputs: String...) {
    self.name = name
    self.factor = factor
    self.inputs = inputs
  }
}

/// A plan of calculations, based on a store.
func plan(
  _ calculations: [Calculation], in store: Store, forced: Set<String> = []
) throws -> Plan {
  var fingerprints: [String: Fingerprint] = [:]
  let recorded = try store.recordedStages()
  let stages = calculations.map { calculation in
    let inputs = calculation.inputs.enumerated().map {
      StageInput(role: "input \($0)", stage: $1, fingerprint: fingerprints[$1]!)
    }
    let draft = DraftedStage(
      calculation.name, Multiplication(factor: calculation.factor, inputs: inputs))
    fingerprints[draft.name] = draft.fingerprint
    var status = StageStatus.run(.neverRun)
    if recorded.contains(draft.fingerprint) { status = .cached }
    if forced.contains(draft.name) { status = .run(.forced) }
    return PlannedStage(draft, status: status)
  }
  return Plan(pipeline: "numbers", stages: stages)
}

/// A kind of stage for tests.
struct Multiplication: StageWork {
  var factor: Int
  var inputs: [StageInput]

  var kind: StageKind { StageKind(rawValue: "multiply") }
  var revision: Int { 1 }
  var result: WorkResult { .other }

  func declare(_ settings: inout StageSettings) { settings.add("factor", .integer(factor)) }
}

/// Multiplies, logs its work, and runs code of a test in between.
final class Multiplier: StageRunner {
  private let files: any FileSystem
  private let hook: @Sendable (PlannedStage, StageContext) throws -> Void
  private let log = Guarded<[(stage: String, threads: Int)]>([])

  init(
    _ files: any FileSystem,
    hook: @escaping @Sendable (PlannedStage, StageContext) throws -> Void = { _, _ in }
  ) {
    self.files = files
    self.hook = hook
  }

  /// The stages run so far, in the order in which they started.
  var runs: [String] { log.withLock { $0.map(\.stage) } }

  /// The threads that each of them received.
  var threads: [Int] { log.withLock { $0.map(\.threads) } }

  func run(
    _ work: Multiplication, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    log.withLock { $0.append((stage.name, context.threads)) }
    try hook(stage, context)
    var product = work.factor
    for artifact in context.inputs.values { product *= try number(of: artifact, on: files) }
    let path = context.workspace.appending("result")
    try files.append(Array("\(product)".utf8), to: path)
    context.progress(StageProgress(completed: 1, total: 1, unit: "products"))
    return StageProduct(
      files: ["number": path], metrics: ["number": .integer(product)], provenance: ["by": "hand"])
  }
}

func number(of artifact: StoredArtifact, on files: any FileSystem) throws -> Int {
  Int(String(decoding: try files.read(artifact.files["number"]!), as: UTF8.self))!
}

/// Records the events it receives.
final class Witness: ExecutionObserver {
  private let seen = Guarded<[ExecutionEvent]>([])

  /// In memory of their own: the thread sanitizer does not see that a shared copy was released before the next event comes.
  var events: [ExecutionEvent] { seen.withLock { $0.map { $0 } } }

  func receive(_ event: ExecutionEvent, at time: Double) { seen.withLock { $0.append(event) } }
}

/// A process that this machine does not have: its PID is above all valid ones.
let goneProcess = ProcessIdentity.here(id: 1 << 23, start: 1)

/// A store, its disk, and runs on it.
struct Workshop {
  let files: any FileSystem
  let store: Store

  init(
    _ files: any FileSystem = MemoryFileSystem(), at root: FilePath = "store",
    process: ProcessIdentity = .current
  ) {
    self.files = files
    store = Store(at: root, fileSystem: files, process: process)
  }

  func executor(
    _ runner: any StageRunner, jobs: Int = 1, threads: Int = 1, keepGoing: Bool = false,
    stop: StopSignal = StopSignal(), observer: (any ExecutionObserver)? = nil
  ) -> Executor {
    Executor(
      store: store, runners: StageRunners(runner),
      options: ExecutionOptions(jobs: .atMost(jobs), threads: threads, keepGoing: keepGoing),
      version: "0.0.0-test", time: TickingTimeSource(), stop: stop,
      timing: ClaimTiming(beat: 0.01, look: 0.005), observer: observer)
  }

  /// Runs calculations; returns the stages that ran, and the summary.
  @discardableResult
  func run(
    _ calculations: [Calculation], forced: Set<String> = [], jobs: Int = 1
  ) async throws -> (ran: Set<String>, summary: RunSummary) {
    let runner = Multiplier(files)
    let summary = try await executor(runner, jobs: jobs).run(
      plan(calculations, in: store, forced: forced))
    #expect(Set(runner.runs).count == runner.runs.count, "a stage ran twice")
    return (Set(runner.runs), summary)
  }

  /// The numbers produced by a run, by stage.
  func numbers(_ summary: RunSummary) throws -> [String: Int] {
    var numbers: [String: Int] = [:]
    for entry in summary.entries {
      if let artifact = entry.outcome.artifact {
        numbers[entry.stage] = try number(of: artifact, on: files)
      }
    }
    return numbers
  }
}

/// a = 2, b = 3; c = 5·a, d = 7·a·b; e = 11·c·d; f = 13·b.
let diamond = [
  Calculation("a", 2), Calculation("b", 3), Calculation("c", 5, "a"),
  Calculation("d", 7, "a", "b"), Calculation("e", 11, "c", "d"), Calculation("f", 13, "b"),
]

let diamondNumbers = ["a": 2, "b": 3, "c": 10, "d": 42, "e": 4620, "f": 39]

/// The name of an outcome in the tests.
func word(_ outcome: StageOutcome?) -> String {
  switch outcome {
  case .reused: "reused"
  case .produced: "produced"
  case .failed: "failed"
  case .skipped(let blocker): "skipped by \(blocker)"
  case .stopped: "stopped"
  case .notStarted: "not started"
  case nil: "unknown"
  }
}

extension RunSummary {
  /// Each stage's outcome, in plan order.
  var words: [String] { entries.map { "\($0.stage) \(word($0.outcome))" } }
}

extension Executor {
  /// The same for an asynchronous test: threads of Swift's pool must not be blocked for long.
  func run(
    _ plan: Plan, only own: Set<String>? = nil, thenReading read: Set<String> = []
  ) async throws -> RunSummary {
    try await onThread { () throws -> RunSummary in
      try self.run(plan, only: own, thenReading: read)
    }
  }
}
