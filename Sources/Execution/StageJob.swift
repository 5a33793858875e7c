import ArtifactStore
import Basics
import Planning
import SystemPackage

/// One stage's turn in a run: looked up again, claimed, run, and published, on a separate thread.
struct StageJob: Sendable {
  private let turn: StageTurn
  private let threads: Int
  private let runners: StageRunners
  private let desk: StageDesk
  /// Told what the stage takes from now on; at first it computes.
  private let enter: @Sendable (StageActivity) -> Void
  /// The trajectory of the stage, which takes a while to determine.
  private let trajectory: Fingerprint?

  init(
    _ turn: StageTurn, threads: Int, runners: StageRunners, desk: StageDesk,
    entering enter: @escaping @Sendable (StageActivity) -> Void
  ) {
    self.turn = turn
    self.threads = threads
    self.runners = runners
    self.desk = desk
    self.enter = enter
    trajectory = turn.twin == nil ? turn.stage.trajectory : nil
  }

  private typealias Result = StageReport.Result

  private var stage: PlannedStage { turn.stage }
  private var reason: RunReason { turn.reason }
  private var inputs: [String: StoredArtifact] { turn.inputs }
  private var store: Store { desk.store }
  private var stop: StopSignal { desk.stop }
  private var log: RunLog { desk.log }
  private var claims: ClaimKeeper { desk.claims }
  private var check: InputCheck { desk.check }

  /// Blocks until the stage has ended, or has to wait.
  func perform() -> StageReport.Result {
    if let twin = turn.twin { return .ended(.reused(twin)) }
    do {
      if let artifact = try finished() { return .ended(.reused(artifact)) }
      switch try claims.claim(stage) {
      case .held(let holder): return .held(by: holder)
      case .granted(let claim):
        defer { claims.release(stage) }
        return try computeUnlessLost(claim)
      }
    } catch is Interrupted {
      return stopped
    } catch {
      if let damaged = setAside(error as? UnusableInput) { return damaged }
      return .ended(desk.failure(of: stage, StageJob.diagnosed(error), threads: threads))
    }
  }

  /// Sets aside an input that a runner cannot use, unless this run itself produced it: then its content is not to
  /// blame.
  private func setAside(_ problem: UnusableInput?) -> Result? {
    guard let problem, let artifact = inputs[problem.role],
      !check.hasMade(artifact.record.fingerprint)
    else { return nil }
    let damage = ArtifactDamage.outputUnusable(problem.file, problem.reason)
    do throws(DiagnosticError) {
      try store.setAside(damage, of: artifact.record.fingerprint)
    } catch {
      return nil
    }
    return .inputsDamaged([problem.role: damage])
  }

  /// Computes the stage, unless another run has taken it over because this one was suspended and considered dead.
  private func computeUnlessLost(_ claim: StageClaim) throws -> Result {
    var failure: (any Error)?
    do {
      if let result = try compute(claim) { return result }
    } catch {
      failure = error
    }
    // Whatever went wrong in this run, the other run's result is just as good.
    if let artifact = try finished() {
      // States that this run has written since are useless.
      warning { trajectory throws(DiagnosticError) in
        try store.removeCheckpoints(of: stage.fingerprint, on: trajectory)
      }
      return .ended(.reused(artifact))
    }
    if !stop.isRequested, (try? claims.confirm(stage)) == false {
      return .held(by: try store.holder(of: stage.fingerprint))
    }
    if let failure { throw failure }
    return stopped
  }

  private var stopped: Result { .ended(.stopped(store.savedWork(of: stage.draft))) }

  /// - Returns: `nil` if the stage was given up.
  private func compute(_ claim: StageClaim) throws -> Result? {
    // The previous owner of the claim may have finished it.
    if let artifact = try finished() { return .ended(.reused(artifact)) }
    if let damaged = try setAsideDamagedInputs(check.damage) { return damaged }
    log.post(.stageStarted(stage.name, stage.kind, because: reason, threads: threads))
    return try produceMakingRoom(claim)
  }

  /// The diagnostics of an error, with its cause.
  private static func diagnosed(_ error: any Error) -> DiagnosticError {
    switch error {
    case let error as DiagnosticError: error
    case let error as UnusableInput: DiagnosticError("\(error)", cause: .unusableInput)
    default: DiagnosticError("\(error)")
    }
  }

  /// The artifact, if another run has finished the stage in the meantime.
  private func finished() throws(DiagnosticError) -> StoredArtifact? {
    guard reason != .forced, case .found(let artifact) = try store.artifact(for: stage.fingerprint)
    else { return nil }
    return artifact
  }

  /// Sets aside damaged inputs.
  ///
  /// - Parameter look: determines the damage of an artifact.
  /// - Returns: `nil` if there is none.
  private func setAsideDamagedInputs(
    _ look: (StoredArtifact) throws -> ArtifactDamage?
  ) throws -> Result? {
    var damages: [String: ArtifactDamage] = [:]
    for (role, artifact) in inputs {
      guard let damage = try look(artifact) else { continue }
      try store.setAside(damage, of: artifact.record.fingerprint)
      damages[role] = damage
    }
    return damages.isEmpty ? nil : .inputsDamaged(damages)
  }

  /// Produces the artifact. If the disk is too full, cached activations make room once.
  private func produceMakingRoom(_ claim: StageClaim) throws -> Result? {
    do { return try produceRetrying(claim) } catch {
      guard StageJob.diagnosed(error).cause == .outOfSpace, !stop.isRequested,
        !claims.isLost(stage), let freed = try? store.dropActivations(), freed > 0
      else { throw error }
      log.warn(
        DiagnosticError(
          "stage '\(stage.name)' did not fit on the disk and is tried again without cached activations, which took "
            + quantity(Double(freed), unit: "B")))
      return try produce(claim, attempt: desk.options.retries + 1)
    }
  }

  /// Produces the artifact; if that fails, as often again as the user allows, resuming from what the failed attempt
  /// has left.
  private func produceRetrying(_ claim: StageClaim) throws -> Result? {
    for attempt in 0..<desk.options.retries {
      do { return try produce(claim, attempt: attempt) } catch {
        if error is Interrupted || stop.isRequested || claims.isLost(stage)
          || error is UnusableInput
        {
          throw error
        }
        let error = StageJob.diagnosed(error)
        if error.cause.recurs { throw error }
        log.warn(
          DiagnosticError(
            error.diagnostics.map {
              Diagnostic(
                .warning,
                "stage '\(stage.name)' failed and is retried (\(attempt + 1) of \(desk.options.retries)): "
                  + $0.message)
            }))
      }
    }
    return try produce(claim, attempt: desk.options.retries)
  }

  private var isForced: Bool { reason == .forced }

  /// - Parameter attempt: counted from 0.
  /// - Returns: `nil` if the runner stopped on request, or another run has the stage.
  private func produce(_ claim: StageClaim, attempt: Int) throws -> Result? {
    // Then nothing that earlier runs have left is used.
    let isFresh = isForced && attempt == 0
    try stage.requireMemory(of: desk.options.machineMemory)
    if isFresh {
      warning { trajectory throws(DiagnosticError) in
        try store.removeCheckpoints(of: stage.fingerprint, on: trajectory)
      }
    }
    let stops = StopCheck { [stop = self.stop, claims = self.claims, stage = self.stage] in
      stop.isRequested || claims.isLost(stage)
    }
    guard
      let unfinished = try store.takeUnfinishedWork(for: claim, isFresh: isFresh, unless: stops)
    else { return nil }
    let workspace = try store.makeWorkspace()
    defer {
      do throws(DiagnosticError) {
        try store.removeWorkspace(workspace)
        try store.leaveUnfinishedWork(unfinished, of: claim)
      } catch {
        log.warn(error)
      }
    }
    let started = desk.time.now
    let context = context(workspace, unfinished, stops)
    let product: StageProduct
    if attempt > 0 { enter(.computing) }
    do { product = try runners.run(resuming(isFresh: isFresh), in: context) } catch {
      // It was tried again: what counts now is how far it came.
      if error is Interrupted { try? store.forgetSetback(of: stage.fingerprint) }
      throw error
    }
    if let damaged = try setAsideDamagedInputs(check.alteration) { return damaged }
    guard try claims.confirm(stage) else { return nil }
    enter(.publishing)
    let artifact = try store.publish(
      record(of: product, started: started), files: product.files, known: product.contents,
      holding: claim, findsOriginal: stage.decides, noting: notes(on: product), warn: log.warn)
    guard let artifact else { return nil }
    check.trust(artifact)
    warning { trajectory throws(DiagnosticError) in
      try store.removeCheckpoints(of: stage.fingerprint, on: trajectory)
    }
    do throws(DiagnosticError) { try store.removeUnfinishedWork(of: claim) } catch {
      log.warn(error)
    }
    return .ended(.produced(artifact, because: reason))
  }

  /// What the store notes of the result. Resuming from it only saves time, and the latest run explains changes.
  private func notes(on product: StageProduct) -> [AccompanyingNote] {
    var notes = [store.latestNote(stage.fingerprint, of: stage.name, in: desk.pipeline)]
    if let end = product.end, let trajectory {
      notes.append(store.finishedNote(stage.name, stage.fingerprint, at: end, on: trajectory))
    }
    return notes
  }

  /// The stage with the states that it now passes through: since the plan was made, an earlier attempt, another run
  /// or a shorter training run may have written some.
  ///
  /// A forced stage only resumes from what this run has written.
  private func resuming(isFresh: Bool) throws -> PlannedStage {
    var stage = stage
    stage.continuation =
      isFresh
      ? nil
      : try Continuation(of: stage.draft) {
        try store.checkpoints(on: $0).filter {
          !isForced || $0.origin == .interrupted && $0.fingerprint == stage.fingerprint
        }
      }
    return stage
  }

  private func context(
    _ workspace: FilePath, _ unfinished: FilePath, _ stops: StopCheck
  ) -> StageContext {
    let name = stage.name
    return StageContext(
      pipeline: desk.pipeline, inputs: inputs, workspace: workspace, unfinished: unfinished,
      threads: threads, store: store,
      progress: { [log = self.log] in log.post(.stageProgress(name, $0)) },
      warn: { [log = self.log] in log.warn(DiagnosticError("stage '\(name)': \($0)")) },
      shouldStop: { stops.isRequested })
  }

  /// Performs a side task for a stage that trains; if it fails, the run warns and continues.
  private func warning(_ body: (_ trajectory: Fingerprint) throws(DiagnosticError) -> Void) {
    guard let trajectory else { return }
    do throws(DiagnosticError) { try body(trajectory) } catch { log.warn(error) }
  }

  private func record(of product: StageProduct, started: Double) -> StageRecord {
    var provenance = product.provenance.asMap ?? ["runner": product.provenance]
    provenance[Circumstance.cambium.rawValue] = .string(desk.version)
    provenance[Circumstance.threads.rawValue] = .integer(threads)
    return StageRecord(
      fingerprint: stage.fingerprint, stage: stage.name, pipeline: desk.pipeline,
      kind: stage.kind.rawValue, revision: stage.revision, settings: stage.settings,
      inputs: Dictionary(uniqueKeysWithValues: stage.inputs.map { ($0.role, $0.fingerprint) }),
      read: product.read.merging(inputs.mapValues { $0.record.outputs.mapValues(\.digest) }) { $1 },
      outputs: [:], metrics: product.metrics,
      provenance: .map(provenance), started: started, seconds: desk.time.now - started)
  }
}
