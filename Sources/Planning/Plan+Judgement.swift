import ArtifactStore
import Basics
import Definitions

extension Plan {
  /// Decides for each stage whether it runs, and why.
  ///
  /// - Parameter presences: whether each stage's artifact is there.
  /// - Throws: `DiagnosticError` where earlier runs cannot be read.
  mutating func judge(
    by history: any StageHistory, presences: [ArtifactPresence], forced: Set<String>
  ) throws {
    var unfinished: Set<String> = []
    var tracer = CauseTracer(self, history: history)
    // Set at the end: until then the tracer shares the stages.
    var statuses: [StageStatus] = []
    statuses.reserveCapacity(stages.count)
    for (stage, presence) in zip(stages, presences) {
      guard let reason = try reasonToRun(stage, presence, history, &tracer, forced: forced) else {
        statuses.append(.cached)
        continue
      }
      var waitingOn: [String] = []
      for input in stage.inputs
      where unfinished.contains(input.stage) && !waitingOn.contains(input.stage) {
        waitingOn.append(input.stage)
      }
      statuses.append(waitingOn.isEmpty ? .run(reason) : .waiting(on: waitingOn, reason))
      unfinished.insert(stage.name)
    }
    for (index, status) in statuses.enumerated() {
      stages[index].status = status
      if history.hasCheckpoints, let reason = status.reason, reason != .forced {
        stages[index].continuation = try stages[index].furthestState(history).map(
          Continuation.init(from:))
      }
    }
  }

  private func reasonToRun(
    _ stage: PlannedStage, _ presence: ArtifactPresence, _ history: any StageHistory,
    _ tracer: inout CauseTracer, forced: Set<String>
  ) throws -> RunReason? {
    if forced.contains(stage.name) { return .forced }
    switch presence {
    case .present:
      return nil
    case .damaged(let what):
      return .artifactMissing(what)
    case .absent:
      guard let latest = try history.latestRecord(of: stage.name, in: pipeline),
        latest.kind == stage.kind.rawValue
      else { return .neverRun }
      return try RunReason(from: latest, to: stage, &tracer)
    }
  }
}

extension PlannedStage {
  /// The furthest state that the stage's training comes through.
  package func furthestState(_ history: any StageHistory) throws -> Checkpoint? {
    guard let trajectory, case .train(let work) = work else { return nil }
    for checkpoint in try history.checkpoints(on: trajectory) {
      let mark = checkpoint.mark
      let length = work.solver.length.iterations(perEpoch: mark.perEpoch)
      guard mark.iteration <= length,
        mark.rates
          == work.solver.rate.digest(
            ofFirst: mark.iteration, perEpoch: mark.perEpoch, length: length)
      else { continue }
      return checkpoint
    }
    return nil
  }
}

extension Continuation {
  fileprivate init(from checkpoint: Checkpoint) {
    self.init(
      stage: checkpoint.stage, iteration: checkpoint.mark.iteration,
      isInterrupted: checkpoint.origin == .interrupted)
  }
}

extension RunReason {
  /// What has changed since the latest run of the same name.
  fileprivate init(
    from latest: StageRecord, to stage: PlannedStage, _ tracer: inout CauseTracer
  ) throws {
    switch RootCause(from: latest, to: stage) {
    case .revisionChanged(let old, let new)?:
      self = .revisionChanged(old: old, new: new)
    case .weightsChanged(let file)?:
      self = .weightsChanged(file: file)
    case .settingsChanged(let changes)?:
      self = .settingsChanged(changes)
    default:
      let changed = stage.inputs.filter { latest.inputs[$0.role] != $0.fingerprint }.map(\.stage)
      // Settings and inputs alike: the artifact was there once and has been removed.
      self =
        changed.isEmpty
        ? .artifactMissing("its record")
        : .inputsChanged(
          changed, causes: try tracer.causes(through: stage.inputs, since: latest))
    }
  }
}
