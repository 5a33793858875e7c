import ArtifactStore
import Basics
import Engine
import Execution
import PipelineLanguage
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport

/// A study small enough to run in a second: two bases and all four treatments of one layer.
let smallStudy = """
  cambium: 1
  name: small
  params: {rate: 0.01, slow-rate: 0.005}
  datasets:
    shapes:
      source: builtin:shapes
      examples: {train: 12, test: 6}
      augment: {mirror: true}
  splits:
    halves: {dataset: shapes, random: {tasks: [A, B], seed: 1}}
  networks:
    net:
      input: [3, 32, 32]
      layers:
        conv1: [conv: {filters: 6, kernel: 5, stride: 2}, batch-norm, relu, max-pool: {kernel: 3, stride: 2}]
        conv2: [conv: {filters: 8, kernel: 3, padding: 1, groups: 2}, relu, lrn]
        fc3: [dense: 16, relu, dropout: 0.5]
        fc4: [dense: classes]
  solvers:
    sgd: {batch: 16, epochs: 2, momentum: 0.9, decay: 0.0005, rate: "${rate}"}
    slow: {batch: 16, epochs: 2, momentum: 0.9, decay: 0.0005, rate: "${slow-rate}"}
  stages:
    "base-${task}":
      for: {task: [A, B]}
      train: {network: net, on: "halves.${task}", solver: sgd}
    "${source}2B":
      for: {source: [A, B]}
      transfer: {from: "base-${source}", layers: {first 2: freeze, rest: initialize}, on: halves.B, solver: sgd}
    "${source}2B+":
      for: {source: [A, B]}
      transfer: {from: "base-${source}", layers: {first 2: fine-tune, rest: initialize}, on: halves.B, solver: slow}
    R2B:
      transfer: {network: net, layers: {first 2: random, rest: initialize}, on: halves.B, solver: sgd}
    "test-${net}":
      for: {net: [base-A, base-B, A2B, B2B, A2B+, B2B+, R2B]}
      evaluate: {network: "${net}"}
    table: {report: {of: ["test-*"]}}
  """

/// A study in a folder of its own.
struct Study {
  let store: Store

  init(in folder: FilePath) { store = Store(at: folder.appending("store")) }

  func plan(
    _ text: String = smallStudy, settings: [(key: String, value: String)] = [],
    only: [String] = [], forced: [String] = [], activations: ActivationPolicy = .usual
  ) throws -> Plan {
    let description = try describe(
      SourceText(name: "small.yaml", text: text), fileName: "small", settings: settings)
    return try Planner(
      description: description, catalog: StoreCatalog(store: store),
      history: StoreHistory(store, pipeline: description.name)
    ).plan(only: only, forced: forced, activations: activations)
  }

  func run(
    _ plan: Plan, threads: Int = 2, jobs: Int = 1, training: TrainRunner = TrainRunner(),
    stop: StopSignal = StopSignal(), observer: (any ExecutionObserver)? = nil,
    thenReading read: Set<String> = [],
    deciding decide: @escaping @Sendable () throws -> Plan = {
      throw DiagnosticError("the test expects a plan that leaves nothing open")
    }
  ) async throws -> RunSummary {
    let executor = Executor(
      store: store,
      runners: StageRunners(
        PrepareRunner(), training, EvaluateRunner(), FeaturesRunner(),
        ProbeRunner(), ScoreRunner(), ResetRunner(), BarrierRunner(), CompareRunner(),
        PicturesRunner(),
        ReportRunner(fileSystem: LocalFileSystem(), filters: nil)),
      options: ExecutionOptions(jobs: .atMost(jobs), threads: threads, keepGoing: true),
      version: "test",
      stop: stop, observer: observer)
    return try await onThread { try executor.run(plan, thenReading: read, deciding: decide) }
  }

  func weights(of stage: String, in summary: RunSummary) throws -> Weights {
    guard let path = summary.outcome(of: stage)?.artifact?[.weights] else {
      throw DiagnosticError("stage '\(stage)' has no weights")
    }
    return try Weights(contentsOf: path)
  }
}

extension RunSummary {
  /// The stages that did their work in the run, in order.
  var produced: [String] {
    entries.compactMap { if case .produced = $0.outcome { $0.stage } else { nil } }
  }

  /// The digests of every stage's files.
  var digests: [String: [String: StoredObject]] {
    Dictionary(
      uniqueKeysWithValues: entries.map { ($0.stage, $0.outcome.artifact?.record.outputs ?? [:]) })
  }
}

/// What a run warns of.
final class Warnings: ExecutionObserver {
  private let told = Guarded<[String]>([])

  var messages: [String] { told.withLock { $0 } }

  func receive(_ event: ExecutionEvent, at time: Double) {
    if case .warning(let diagnostic) = event { told.withLock { $0.append(diagnostic.message) } }
  }
}

extension Planner {
  /// A planner for all kinds of stages, as the program has.
  init(
    description: Description, catalog: any DatasetCatalog, history: any StageHistory,
    speeds: (any SpeedBook)? = nil
  ) {
    self.init(
      description: description,
      forms: StageForms(
        .train, .transfer, .evaluate, .features, .probe, .score, .reset, .barrier, .compare,
        .pictures, .report),
      catalog: catalog, history: history, speeds: speeds)
  }
}
