import ArtifactStore
import Basics

extension Plan {
  /// Decides for each stage whether it runs, and why.
  ///
  /// - Throws: `DiagnosticError` where earlier runs cannot be read.
  mutating func judge(by history: any StageHistory, forced: Set<String>) throws {
    var unfinished: Set<String> = []
    for index in stages.indices {
      let stage = stages[index]
      guard let reason = try reasonToRun(stage, history, forced: forced) else {
        stages[index].status = .cached
        continue
      }
      var waitingOn: [String] = []
      for input in stage.inputs
      where unfinished.contains(input.stage) && !waitingOn.contains(input.stage) {
        waitingOn.append(input.stage)
      }
      stages[index].status = waitingOn.isEmpty ? .run(reason) : .waiting(on: waitingOn, reason)
      unfinished.insert(stage.name)
    }
  }

  private func reasonToRun(
    _ stage: PlannedStage, _ history: any StageHistory, forced: Set<String>
  ) throws -> RunReason? {
    if forced.contains(stage.name) { return .forced }
    switch try history.presence(of: stage.fingerprint) {
    case .present:
      return nil
    case .damaged(let what):
      return .artifactMissing(what)
    case .absent:
      guard let latest = try history.latestRecord(of: stage.name, in: pipeline),
        latest.kind == stage.kind.rawValue
      else { return .neverRun }
      return RunReason(from: latest, to: stage)
    }
  }
}

extension RunReason {
  /// What has changed since the latest run of the same name.
  init(from latest: StageRecord, to stage: PlannedStage) {
    if latest.revision != stage.revision {
      self = .revisionChanged(old: latest.revision, new: stage.revision)
      return
    }
    let changes = latest.settings.changes(to: stage.settings)
    if let file = stage.changedWeights(changes) {
      self = .weightsChanged(file: file)
      return
    }
    if !changes.isEmpty {
      self = .settingsChanged(changes)
      return
    }
    let changed = stage.inputs.filter { latest.inputs[$0.role] != $0.fingerprint }.map(\.stage)
    // Settings and inputs alike: the artifact was there once and has been removed.
    self = changed.isEmpty ? .artifactMissing("its record") : .inputsChanged(changed)
  }
}

extension PlannedStage {
  /// The name of the file of weights, where its content is all that has changed.
  fileprivate func changedWeights(_ changes: [ValueChange]) -> String? {
    guard case .train(let work) = work, let file = work.weights, changes.count == 1,
      changes[0].path == PlanDraft.weightsSetting, changes[0].old != nil
    else { return nil }
    return file.name
  }
}
