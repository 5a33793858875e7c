import ArtifactStore
import Basics
import Planning

/// One stage's turn in a run: looked up once more, claimed, run, and published, on a thread of its own.
struct StageJob: Sendable {
  let stage: PlannedStage
  let reason: RunReason
  /// The artifact of another stage of the run with the same fingerprint.
  let twin: StoredArtifact?
  let inputs: [String: StoredArtifact]
  let threads: Int
  let pipeline: String
  let store: Store
  let runner: (any StageRunner)?
  /// The version of the program, for the record.
  let version: String
  let time: any TimeSource
  let stop: StopSignal
  let log: RunLog
  let claims: ClaimKeeper
  let check: InputCheck
  /// How often the stage is tried again where it fails.
  let retries: Int

  /// What comes of a stage's turn.
  enum Result: Sendable {
    case ended(StageOutcome)
    /// Another run computes the stage at the moment.
    case held(by: ClaimHolder?)
    /// The artifacts of these roles cannot be used; they have been set aside.
    case inputsDamaged([String: ArtifactDamage])
  }

  /// Blocks until the stage has ended, or has to wait.
  func perform() -> Result {
    if let twin { return .ended(.reused(twin)) }
    do {
      if let artifact = try finished() { return .ended(.reused(artifact)) }
      if case .held(let holder) = try claims.claim(stage) { return .held(by: holder) }
      defer { claims.release(stage) }
      // Whoever had the claim before may have finished it.
      if let artifact = try finished() { return .ended(.reused(artifact)) }
      let damages = try setAsideDamagedInputs()
      guard damages.isEmpty else { return .inputsDamaged(damages) }
      log.post(.stageStarted(stage.name, stage.kind, because: reason, threads: threads))
      guard let artifact = try produceRetrying() else { return .ended(.stopped) }
      check.trust(artifact)
      return .ended(.produced(artifact, because: reason))
    } catch is Interrupted {
      return .ended(.stopped)
    } catch {
      if let damaged = setAside(error as? UnusableInput) { return damaged }
      let error = error as? DiagnosticError ?? DiagnosticError("\(error)")
      return .ended(
        .failed(
          StageFailure(
            of: stage.fingerprint, error: error,
            log: log.writeFailure(of: stage, error, threads: threads))))
    }
  }

  /// Sets aside an input that a runner can make nothing of, unless this run itself has made it: then the fault is
  /// not its content.
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

  /// The artifact, where another run has finished the stage since this one looked.
  private func finished() throws(DiagnosticError) -> StoredArtifact? {
    guard reason != .forced, case .found(let artifact) = try store.artifact(for: stage.fingerprint)
    else { return nil }
    return artifact
  }

  private func setAsideDamagedInputs() throws -> [String: ArtifactDamage] {
    var damages: [String: ArtifactDamage] = [:]
    for (role, artifact) in inputs {
      guard let damage = try check.damage(of: artifact) else { continue }
      try store.setAside(damage, of: artifact.record.fingerprint)
      damages[role] = damage
    }
    return damages
  }

  /// Produces the artifact; where that fails, as often again as the user allows.
  private func produceRetrying() throws -> StoredArtifact? {
    for attempt in 0..<retries {
      do { return try produce() } catch {
        if stop.isRequested || error is UnusableInput { throw error }
        let error = error as? DiagnosticError ?? DiagnosticError("\(error)")
        log.warn(
          DiagnosticError(
            error.diagnostics.map {
              Diagnostic(
                .warning,
                "stage '\(stage.name)' failed and is tried again (\(attempt + 1) of \(retries)): "
                  + $0.message)
            }))
      }
    }
    return try produce()
  }

  /// - Returns: `nil` where the runner gave up on request.
  private func produce() throws -> StoredArtifact? {
    guard let runner else {
      throw DiagnosticError("this program cannot run \(stage.kind.rawValue) stages")
    }
    if reason == .forced { try store.removeUnfinishedWork(of: stage.fingerprint) }
    let workspace = try store.makeWorkspace()
    defer {
      do throws(DiagnosticError) { try store.removeWorkspace(workspace) } catch { log.warn(error) }
    }
    let name = stage.name
    let context = StageContext(
      inputs: inputs, workspace: workspace, threads: threads, store: store,
      isForced: reason == .forced,
      progress: { [log] in log.post(.stageProgress(name, $0)) },
      warn: { [log] in log.warn(DiagnosticError("stage '\(name)': \($0)")) },
      shouldStop: { [stop] in stop.isRequested })
    let started = time.now
    let product: StageProduct
    do {
      product = try runner.run(stage, in: context)
    } catch is Interrupted {
      return nil
    }
    if let end = product.end {
      // That others can go on from the result only saves time.
      warning { trajectory throws(DiagnosticError) in
        try store.noteFinished(stage.name, stage.fingerprint, at: end, on: trajectory)
      }
    }
    let artifact = try store.publish(
      record(of: product, started: started), files: product.files)
    warning { trajectory throws(DiagnosticError) in
      try store.removeCheckpoints(of: stage.fingerprint, on: trajectory)
    }
    do throws(DiagnosticError) { try store.removeUnfinishedWork(of: stage.fingerprint) } catch {
      log.warn(error)
    }
    return artifact
  }

  /// Does something for a stage that trains; where it fails, the run warns and goes on.
  private func warning(_ body: (_ trajectory: Fingerprint) throws(DiagnosticError) -> Void) {
    guard let trajectory = stage.trajectory else { return }
    do throws(DiagnosticError) { try body(trajectory) } catch { log.warn(error) }
  }

  private func record(of product: StageProduct, started: Double) -> StageRecord {
    var provenance = product.provenance.asMap ?? ["runner": product.provenance]
    provenance["cambium"] = .string(version)
    provenance["threads"] = .integer(threads)
    return StageRecord(
      fingerprint: stage.fingerprint, stage: stage.name, pipeline: pipeline,
      kind: stage.kind.rawValue, revision: stage.revision, settings: stage.settings,
      inputs: inputs.mapValues(\.record.fingerprint), outputs: [:], metrics: product.metrics,
      provenance: .map(provenance), started: started, seconds: time.now - started)
  }
}
