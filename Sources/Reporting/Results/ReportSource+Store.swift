import ArtifactStore
import Basics
import Execution
import Planning

extension ReportSource {
  /// What a store contains of a plan's evaluations, whether or not all of them have run.
  ///
  /// - Parameters:
  ///   - name: the name of the report or the pipeline.
  ///   - evaluations: names of evaluate stages of the plan.
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package init(
    name: String, origin: String, of evaluations: [String], in plan: Plan, from store: Store,
    fileSystem: any FileSystem
  ) throws(DiagnosticError) {
    let stages = Dictionary(
      plan.stages.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let planned = evaluations.compactMap { name in
      stages[name].flatMap { ReportedRuns.Evaluation($0.draft) }
    }
    var runs: [Run] = []
    var unfinished: [(run: Int, evaluation: ReportedRuns.Evaluation, network: StageInput)] = []
    for reported in ReportedRuns(of: planned).runs {
      let stage = planned[reported.evaluation]
      let network = stage.work.trained
      let trained = try store.artifact(for: network.fingerprint).found
      guard let measured = try store.artifact(for: stage.fingerprint).found else {
        unfinished.append((runs.count, stage, network))
        runs.append(
          Run(
            result: RunResult(
              name: stage.name, design: reported.entry,
              outcome: .missing(
                trained == nil ? "its network has not been trained" : "it has not been measured")),
            network: trained))
        continue
      }
      runs.append(
        Run(
          result: try RunResult(
            name: stage.name, design: reported.entry, evaluation: measured.record),
          evaluation: measured, network: trained))
    }
    if !unfinished.isEmpty {
      let failures = try store.failures()
      for (run, evaluation, network) in unfinished {
        guard let failure = failures[network.fingerprint] ?? failures[evaluation.fingerprint]
        else { continue }
        let message = failure.messages.first ?? "it failed"
        runs[run].result.outcome =
          if case .diverged = failure.cause { .diverged(message) } else { .missing(message) }
      }
    }
    self.init(
      name: name, origin: origin, runs: runs,
      preparations: try ReportSource.preparations(of: runs, in: store) { _ in },
      sources: try ReportSource.sources(of: runs, in: store) { _ in }, fileSystem: fileSystem)
  }

  /// The store's records of the datasets that runs have read.
  ///
  /// - Parameter damage: called with a record that exists but cannot be used. A stored report must not silently leave
  ///   out what another run would show.
  static func preparations(
    of runs: [Run], in store: Store, damage: (ArtifactDamage) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    var wanted: Set<Fingerprint> = []
    for run in runs {
      for artifact in [run.network, run.evaluation] {
        if let data = artifact?.record.inputs[dataRole] { wanted.insert(data) }
      }
    }
    return try records(of: wanted, in: store, damage)
  }

  /// The store's records of the networks that the runs' layers come from.
  ///
  /// - Parameter damage: as above.
  static func sources(
    of runs: [Run], in store: Store, damage: (ArtifactDamage) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    try records(
      of: Set(runs.compactMap { $0.network?.record.inputs[sourceRole] }), in: store, damage)
  }

  private static func records(
    of stages: Set<Fingerprint>, in store: Store,
    _ damage: (ArtifactDamage) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    var found: [Fingerprint: StageRecord] = [:]
    for fingerprint in stages {
      switch try store.record(for: fingerprint) {
      case .found(let record): found[fingerprint] = record
      case .absent: break
      case .unusable(let reason): try damage(reason)
      }
    }
    return found
  }

  /// The role in which transfers read the network that layers are copied from.
  static let sourceRole = "source"

  /// The role in which training runs and evaluations read prepared images.
  static let dataRole = "data"
}

extension Store {
  /// The failures of stages in the latest runs, by fingerprint.
  fileprivate func failures() throws(DiagnosticError) -> [Fingerprint: LoggedEnd] {
    var failures: [Fingerprint: LoggedEnd] = [:]
    for story in try runStories(atMost: 50) {
      for end in story.stages.values.compactMap(\.end) where end.ending == .failed {
        guard let fingerprint = end.fingerprint, failures[fingerprint] == nil else { continue }
        failures[fingerprint] = end
      }
    }
    return failures
  }
}

extension Lookup {
  fileprivate var found: Content? {
    if case .found(let content) = self { content } else { nil }
  }
}
