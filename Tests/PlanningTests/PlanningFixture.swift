import ArtifactStore
import Basics
import Definitions
import OrderedCollections
import PipelineLanguage
import Planning
import TestSupport

/// A catalog of made-up datasets.
struct FakeCatalog: DatasetCatalog {
  var digest = "photos"
  var classes = ["bird", "cat", "deer", "dog", "frog", "ship"]
  var failure: DiagnosticError?
  /// Whether no dataset is there.
  var isEmpty = false
  /// Whether everything is known from earlier alone.
  var isRemembered = false
  /// The size of the first image.
  var imageSize: DatasetDefinition.Size?
  /// What the headers of the images say.
  var headers: HeaderSurvey?
  /// Files of classes by path.
  var lists: [String: String] = [:]
  /// Files of weights by path.
  var weights: [String: WeightsFacts] = [:]
  func facts(of dataset: DatasetDefinition) throws -> Learned<DatasetFacts> {
    if let failure { throw failure }
    if isEmpty { throw DiagnosticError("the dataset does not exist") }
    return Learned(
      DatasetFacts(
        digest: Fingerprint(of: digest), classes: classes,
        trainingImages: classes.map { _ in 100 }, testImages: classes.map { _ in 10 },
        imageSize: imageSize, headers: headers),
      isRemembered: isRemembered)
  }

  func knows(_ dataset: DatasetDefinition) -> Bool { !isEmpty }

  func contents(ofList path: String) throws -> Learned<[UInt8]> {
    guard let text = lists[path] else { throw DiagnosticError("'\(path)' does not exist") }
    return Learned(Array(text.utf8), isRemembered: isRemembered)
  }
  func weights(at path: String) throws -> Learned<WeightsFacts> {
    guard let facts = weights[path] else { throw DiagnosticError("'\(path)' does not exist") }
    return Learned(facts, isRemembered: isRemembered)
  }
}

/// A history in memory.
struct FakeHistory: StageHistory {
  var presences: [Fingerprint: ArtifactPresence] = [:]
  var latest: [String: StageRecord] = [:]
  var records: [Fingerprint: StageRecord] = [:]
  /// Fingerprints of latest runs whose records are gone.
  var gone: [String: Fingerprint] = [:]
  var setbacks: [Fingerprint: Setback] = [:]
  var unfinished: Set<Fingerprint> = []
  var starts: [Fingerprint: Double] = [:]
  var states: [Fingerprint: [Checkpoint]] = [:]
  var interrupted: [String: InterruptedTraining] = [:]
  var now = 1000.0
  var dataChange: DataChange?
  var originals: [Fingerprint: Fingerprint] = [:]

  func original(of fingerprint: Fingerprint) -> Fingerprint? {
    originals[fingerprint] ?? records[fingerprint]?.fingerprint
  }

  func records(of kind: StageKind) -> [StageRecord] {
    records.values.filter { $0.kind == kind.rawValue }
  }

  func dataChange(from old: String, to new: String) -> DataChange? { dataChange }

  var hasCheckpoints: Bool { !states.isEmpty || !interrupted.isEmpty }

  func interruptedTrainings(of pipeline: String) -> [String: InterruptedTraining] { interrupted }

  func setback(of fingerprint: Fingerprint) -> Setback? { setbacks[fingerprint] }

  func hasUnfinishedWork(of fingerprint: Fingerprint) -> Bool { unfinished.contains(fingerprint) }

  func abandonedStart(of fingerprint: Fingerprint) -> Double? { starts[fingerprint] }

  func checkpoints(on trajectory: Fingerprint) -> [Checkpoint] { states[trajectory] ?? [] }

  func latestFingerprint(of stage: String, in pipeline: String) -> Fingerprint? {
    gone[stage] ?? latest[stage]?.fingerprint
  }

  /// Forgets the result of a stage, as if somebody had removed it.
  mutating func remove(_ stage: String) {
    guard let record = latest.removeValue(forKey: stage) else { return }
    gone[stage] = record.fingerprint
    records[record.fingerprint] = nil
    presences[record.fingerprint] = nil
  }

  func presences(of fingerprints: [Fingerprint]) -> [ArtifactPresence] {
    fingerprints.map { presences[$0] ?? .absent }
  }

  func record(for fingerprint: Fingerprint) -> StageRecord? { records[fingerprint] }

  func latestRecord(of stage: String, in pipeline: String) -> StageRecord? { latest[stage] }

  /// What is known after every stage of a plan has run.
  init(after plan: Plan) { run(plan) }

  /// Notes that every stage of a plan that was not cached has run, and which are now the latest.
  mutating func run(_ plan: Plan) {
    for stage in plan.stages {
      presences[stage.fingerprint] = .present
      let record = StageRecord(
        fingerprint: stage.fingerprint, stage: stage.name, pipeline: plan.pipeline,
        kind: stage.kind.rawValue, revision: stage.revision, settings: stage.settings,
        inputs: Dictionary(uniqueKeysWithValues: stage.inputs.map { ($0.role, $0.fingerprint) }),
        outputs: [:], metrics: [:], provenance: [:], started: 0, seconds: 1)
      records[stage.fingerprint] = records[stage.fingerprint] ?? record
      latest[stage.name] = records[stage.fingerprint]
    }
  }

  init() {}
}

/// A pipeline of two bases, a frozen and a fine-tuned transfer, their evaluations and a report.
let sample = """
  cambium: 1
  name: sample
  params: {momentum: 0.9}
  datasets: {photos: {source: photos.tar}}
  splits:
    halves: {dataset: photos, random: {tasks: [A, B], seed: 1}}
  networks:
    net:
      input: [3, 8, 8]
      layers:
        conv1: [conv: {filters: 4, kernel: 3}, relu]
        fc2: [dense: classes]
  solvers:
    sgd: {batch: 10, epochs: 2, momentum: "${momentum}", rate: 0.1}
    slow: {batch: 10, epochs: 2, momentum: 0.5, rate: 0.01}
  stages:
    "base-${task}":
      for: {task: [A, B]}
      train: {network: net, on: "halves.${task}", solver: sgd}
    A1B:
      transfer: {from: base-A, layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd}
    A1B+:
      transfer: {from: base-A, layers: {first 1: fine-tune, rest: initialize}, on: halves.B, solver: slow}
    "test-${net}":
      for: {net: [base-B, A1B, A1B+]}
      evaluate: {network: "${net}"}
    table:
      report: {of: ["test-*"]}
  """

/// Plans a text.
func plan(
  _ text: String, catalog: FakeCatalog = FakeCatalog(), history: FakeHistory = FakeHistory(),
  only: [String] = [], forced: [String] = [], activations: ActivationPolicy = .usual,
  speeds: (any SpeedBook)? = nil
) throws -> Plan {
  try Planner(description: describe(text), catalog: catalog, history: history, speeds: speeds)
    .plan(only: only, forced: forced, activations: activations)
}

/// Reads a text.
func describe(_ text: String) throws -> Description {
  try describe(SourceText(name: "sample.yaml", text: text), fileName: "sample", settings: [])
}

extension ReportWork {
  var entries: [ReportEntry] { runs.map(\.entry) }
}

extension Plan {
  func stage(_ name: String) -> PlannedStage? { stages.first { $0.name == name } }

  /// The names of the stages that will run.
  var toRun: [String] { stages.filter { $0.status != .cached }.map(\.name) }
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
