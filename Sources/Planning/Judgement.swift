import ArtifactStore
import Basics
import Definitions

/// Decides for each stage of a draft whether it runs, why, and from where.
struct Judgement {
  let pipeline: String
  let history: any StageHistory
  /// The stages that are to run in any case.
  let forced: Set<String>

  /// - Parameter presences: whether each stage's artifact is there.
  /// - Returns: the stages with their statuses, in order.
  /// - Throws: `DiagnosticError` where earlier runs cannot be read.
  func judge(_ drafts: [DraftedStage], _ presences: [ArtifactPresence]) throws -> [PlannedStage] {
    var unfinished: Set<String> = []
    /// Stages whose fingerprint is assumed, and those on which that depends.
    var assumed: Set<String> = []
    var deciding: Set<String> = []
    for draft in drafts {
      for input in draft.inputs where input.isAssumed { deciding.insert(input.stage) }
    }
    var interrupted: [String: InterruptedTraining]?
    var tracer = CauseTracer(drafts, of: pipeline, history: history)
    var judged: [PlannedStage] = []
    judged.reserveCapacity(drafts.count)
    for (draft, presence) in zip(drafts, presences) {
      let isForced = forced.contains(draft.name)
      let isAssumed = draft.inputs.contains {
        $0.isAssumed || !assumed.isEmpty && assumed.contains($0.stage)
      }
      if isAssumed { assumed.insert(draft.name) }
      guard isForced || presence != .present || isAssumed else {
        judged.append(PlannedStage(draft, status: .cached))
        continue
      }
      var waitingOn: [String] = []
      for input in draft.inputs
      where unfinished.contains(input.stage) && !waitingOn.contains(input.stage) {
        waitingOn.append(input.stage)
      }
      if presence == .present, !isForced {
        unfinished.insert(draft.name)
        var stage = PlannedStage(draft, status: .waiting(on: waitingOn, .imagesMayDiffer))
        stage.isAssumed = true
        judged.append(stage)
        continue
      }
      let continuation = isForced ? nil : try continuation(of: draft)
      var superseded: InterruptedTraining?
      if draft.work.training != nil, history.hasCheckpoints {
        let known = try interrupted ?? history.interruptedTrainings(of: pipeline)
        interrupted = known
        superseded = known[draft.name].flatMap { former in
          former.fingerprint == draft.fingerprint
            || continuation?.states.contains { $0.fingerprint == former.fingerprint } == true
            ? nil : former
        }
      }
      let reason =
        isForced ? .forced : try reasonToRun(draft, presence, continuation, superseded, &tracer)
      unfinished.insert(draft.name)
      var stage = PlannedStage(
        draft, status: waitingOn.isEmpty ? .run(reason) : .waiting(on: waitingOn, reason),
        continuation: continuation)
      stage.superseded = superseded
      stage.isAssumed = isAssumed
      stage.decides = deciding.contains(draft.name)
      judged.append(stage)
    }
    return judged
  }

  private func reasonToRun(
    _ stage: DraftedStage, _ presence: ArtifactPresence, _ continuation: Continuation?,
    _ superseded: InterruptedTraining?, _ tracer: inout CauseTracer
  ) throws -> RunReason {
    // What befell the stage as it is says more than what has changed since its latest run.
    let setback = try history.setback(of: stage.fingerprint)
    switch (setback, presence) {
    case (.damaged(let damage)?, _): return .artifactMissing("\(damage); set aside")
    case (_, .damaged(let damage)): return .artifactMissing(damage)
    case (.failed(let failure)?, _): return .failed(failure, ago: history.now - failure.time)
    case (.removed?, _), (nil, _): break
    }
    if let continuation, continuation.isInterrupted,
      continuation.states[0].fingerprint == stage.fingerprint
    {
      return .unfinished(iteration: continuation.iteration)
    }
    if try history.hasUnfinishedWork(of: stage.fingerprint) { return .unfinished(iteration: nil) }
    if case .removed(let time)? = setback { return .removed(ago: max(0, history.now - time)) }
    guard let latest = try history.latestRecord(of: stage.name, in: pipeline) else {
      return switch try history.latestFingerprint(of: stage.name, in: pipeline) {
      case nil where superseded?.kind == stage.kind.rawValue:
        try superseded.map {
          try RunReason(from: $0.record(in: pipeline), to: stage, history, &tracer)
        } ?? .neverRun
      case nil:
        history.abandonedStart(of: stage.fingerprint)
          .map { .started(ago: max(0, history.now - $0)) } ?? .neverRun
      case stage.fingerprint: .removed(ago: nil)
      default: .recordGone
      }
    }
    guard latest.kind == stage.kind.rawValue else { return .neverRun }
    return try RunReason(from: latest, to: stage, history, &tracer)
  }

  private func continuation(of stage: DraftedStage) throws -> Continuation? {
    guard history.hasCheckpoints else { return nil }
    return try Continuation(of: stage) { try history.checkpoints(on: $0) }
  }
}

extension RunReason {
  /// What has changed since the latest run of the same name.
  fileprivate init(
    from latest: StageRecord, to stage: DraftedStage, _ history: any StageHistory,
    _ tracer: inout CauseTracer
  ) throws {
    switch try RootCause(from: latest, to: stage, history) {
    case .revisionChanged(let old, let new)?:
      self = .revisionChanged(old: old, new: new)
    case .weightsChanged(let file)?:
      self = .weightsChanged(file: file)
    case .dataChanged(let change)?:
      self = .dataChanged(change)
    case .settingsChanged(let changes)?:
      self = .settingsChanged(changes)
    default:
      let changed = stage.inputs.filter { latest.inputs[$0.role] != $0.fingerprint }.map(\.stage)
      // Settings and inputs alike: the artifact was there once and has been removed.
      self =
        changed.isEmpty
        ? .artifactMissing("its record is missing")
        : .inputsChanged(
          changed, causes: try tracer.causes(through: stage.inputs, since: latest))
    }
  }
}
