import ArtifactStore
import Basics
import Definitions
import PipelineLanguage
import SystemPackage

extension StudySelection {
  /// Adds the results that a plan refers to: those of its stages, and the states that unfinished ones resume from.
  ///
  /// - Parameters:
  ///   - includesData: whether packed images are included.
  ///   - includesStates: whether states of unfinished training runs are included.
  /// - Throws: `DiagnosticError` if earlier runs cannot be read.
  package mutating func add(
    _ plan: Plan, from history: any StageHistory, includesData: Bool, includesStates: Bool
  ) throws {
    for stage in plan.stages where stage.kind == .prepare {
      guard let original = try history.original(of: stage.fingerprint),
        original != stage.fingerprint
      else { continue }
      originals.insert(
        StudyManifest.Original(fingerprint: stage.fingerprint, original: original))
      // Results name the original as what they have read.
      if includesData { sources.insert(original) }
    }
    for stage in plan.stages where includesData || stage.kind != .prepare {
      stages.insert(stage.fingerprint)
      latest.insert(
        StudyManifest.Latest(
          pipeline: plan.pipeline, stage: stage.name, fingerprint: stage.fingerprint))
      guard history.hasCheckpoints, let trajectory = stage.trajectory else { continue }
      if stage.status == .cached {
        for state in try history.checkpoints(on: trajectory)
        where state.origin == .finished && state.fingerprint == stage.fingerprint {
          ends.insert(StudyManifest.End(state, on: trajectory))
        }
      } else if let state = try Continuation(
        of: stage.draft, among: { try history.checkpoints(on: $0) })?
        .states.first
      {
        switch state.origin {
        case .finished:
          sources.insert(state.fingerprint)
          ends.insert(StudyManifest.End(state, on: trajectory))
        case .interrupted:
          if includesStates { checkpoints[trajectory, default: []].insert(state) }
        }
      }
    }
  }

  /// Adds what is known about the datasets, files of weights and lists that a plan was made with, so that its results
  /// can be read without them.
  ///
  /// - Parameters:
  ///   - description: the pipeline as written in its file.
  ///   - folder: the folder that its relative paths start from.
  /// - Throws: `DiagnosticError` if something cannot be read.
  package mutating func addSources(
    of description: Description, in folder: FilePath, _ catalog: any DatasetCatalog
  ) throws {
    func add(_ source: OutsideSource, _ facts: Value) {
      outside.insert(StudyManifest.KnownSource(source, facts: facts))
    }
    func add(_ kind: OutsideSource.Kind, _ written: String, _ facts: Value) {
      add(OutsideSource(kind: kind, pipeline: description.name, path: written), facts)
    }
    let resolved = description.resolvingPaths(from: folder)
    for (name, dataset) in description.datasets {
      guard case .path(let written) = dataset.content.source,
        let definition = resolved.datasets[name]?.content
      else { continue }
      add(
        dataset.content.outsideSource(at: written, of: description.name),
        try catalog.facts(of: definition).content.value)
    }
    for written in description.files(of: .weights) {
      add(.weights, written, try catalog.weights(at: folder.resolving(written)).content.value)
    }
    for written in description.files(of: .classes) {
      let bytes = try catalog.contents(ofList: folder.resolving(written)).content
      if let text = String(validating: bytes, as: UTF8.self) {
        add(.classes, written, .string(text))
      }
    }
  }
}

extension StudyManifest.End {
  fileprivate init(_ state: Checkpoint, on trajectory: Fingerprint) {
    self.init(
      trajectory: trajectory, mark: state.mark, fingerprint: state.fingerprint, stage: state.stage)
  }
}
