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
  ///   - analyses: names of stages of the plan that analyse networks.
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package init(
    name: String, origin: String, of evaluations: [String], analyses: [String] = [],
    in plan: Plan, from store: Store, fileSystem: any FileSystem
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
      let lineage = RunResult.Lineage(trained: network, origin: stage.work.origin)
      let origin = try stage.work.origin.flatMap { input throws(DiagnosticError) in
        try store.artifact(for: input.fingerprint).found
      }
      guard let measured = try store.artifact(for: stage.fingerprint).found else {
        unfinished.append((runs.count, stage, network))
        runs.append(
          Run(
            result: RunResult(
              name: stage.name, design: reported.entry,
              outcome: .missing(
                trained == nil ? "its network has not been trained" : "it has not been measured"),
              lineage: lineage),
            network: trained, origin: origin))
        continue
      }
      runs.append(
        Run(
          result: try RunResult(
            name: stage.name, design: reported.entry, evaluation: measured.record,
            lineage: lineage),
          evaluation: measured, network: trained, origin: origin))
    }
    var lacking: [String] = []
    for name in analyses {
      guard let stage = stages[name], stage.work.analysis != nil,
        try store.artifact(for: stage.fingerprint).found == nil
      else { continue }
      lacking.append(name)
    }
    let failures = unfinished.isEmpty && lacking.isEmpty ? [:] : try store.failures()
    if !unfinished.isEmpty {
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
      preparations: try ReportSource.preparations(of: runs, in: store),
      sources: try ReportSource.sources(of: runs, in: store), fileSystem: fileSystem,
      isVerified: false
    ) { file, artifact, problem in
      // An intact file stays. If the store cannot be written, it is sufficient that the file is not used.
      try? store.setAside(.outputAltered(file.name), of: artifact.record.fingerprint)
      return problem
    }
    missingAnalyses = lacking.map { name in
      let failure = stages[name].flatMap { failures[$0.fingerprint] }
      return (name, failure.map { $0.messages.first ?? "it failed" } ?? "it has not run")
    }
    for name in analyses {
      guard let stage = stages[name], let network = stage.work.analysis,
        let artifact = try store.artifact(for: stage.fingerprint).found
      else { continue }
      self.analyses.append(
        AnalysedNetwork(name: name, kind: stage.kind, network: network, artifact: artifact))
    }
  }

  /// The store's records of the datasets that runs have read.
  private static func preparations(
    of runs: [Run], in store: Store
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    let artifacts = runs.flatMap { [$0.network, $0.evaluation] }
    return try records(
      of: Set(artifacts.compactMap { $0?.record.inputs[TrainWork.dataRole] }), in: store)
  }

  /// The store's records of the networks that the runs' layers come from.
  private static func sources(
    of runs: [Run], in store: Store
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    try records(
      of: Set(runs.compactMap { $0.network?.record.inputs[TrainWork.sourceRole] }), in: store)
  }

  private static func records(
    of stages: Set<Fingerprint>, in store: Store
  ) throws(DiagnosticError) -> [Fingerprint: StageRecord] {
    var found: [Fingerprint: StageRecord] = [:]
    for fingerprint in stages { found[fingerprint] = try store.record(for: fingerprint).found }
    return found
  }
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
