import ArtifactStore
import Basics
import Planning

/// How often runs that share a store check on each other. It does not affect results.
package struct ClaimTiming: Hashable, Sendable {
  /// Seconds between heartbeats of a running stage.
  package var beat: Double
  /// Seconds between checks on stages that other runs compute.
  package var look: Double
  /// Seconds without a heartbeat after which a stage of another machine is taken over.
  package var patience: Double

  package init(beat: Double = 5, look: Double = 0.5, patience: Double = LifeWatch.usualPatience) {
    self.beat = beat
    self.look = look
    self.patience = patience
  }

  /// The default intervals for a given patience.
  package init(patience: Double) {
    self.init(beat: min(5, patience / 12), look: min(0.5, patience / 12), patience: patience)
  }
}

/// The claims of a run: one for each stage that it computes, kept alive during the work.
final class ClaimKeeper: Sendable {
  private let store: Store
  private let pipeline: String
  private let time: any TimeSource
  private let timing: ClaimTiming
  private let log: RunLog
  private let watch: LifeWatch
  private let files = ClaimFiles()
  private let held = Guarded<[Fingerprint: Held]>([:])

  private struct Held {
    let claim: StageClaim
    let stage: String
    /// When the claim was last confirmed, in seconds of a monotonic clock.
    var confirmed: Double
    /// Whether another run has taken it over.
    var isLost = false
  }

  init(
    store: Store, pipeline: String, time: any TimeSource, timing: ClaimTiming, log: RunLog
  ) {
    self.store = store
    self.pipeline = pipeline
    self.time = time
    self.timing = timing
    self.log = log
    watch = LifeWatch(patience: timing.patience)
  }

  /// Claims a stage for this run.
  func claim(_ stage: PlannedStage) throws(DiagnosticError) -> Store.ClaimAnswer {
    let holder = ClaimHolder(
      fingerprint: stage.fingerprint, stage: stage.name, pipeline: pipeline, run: log.run,
      since: time.now)
    let now = monotonicSeconds()
    let answer = try store.claim(for: holder, watch: watch, from: files)
    if case .granted(let claim) = answer {
      held.withLock {
        $0[stage.fingerprint] = Held(claim: claim, stage: stage.name, confirmed: now)
      }
    }
    return answer
  }

  /// Whether no other run computes a stage, as far as this run knows.
  func isFree(_ stage: PlannedStage) throws(DiagnosticError) -> Bool {
    try store.isFree(stage.fingerprint, watch: watch)
  }

  /// Releases a stage for other runs. If that fails, it is retried at the end of the run.
  func release(_ stage: PlannedStage) {
    guard let claim = held.withLock({ $0[stage.fingerprint]?.claim }) else { return }
    do throws(DiagnosticError) {
      try store.release(claim, to: files)
      held.withLock { $0[stage.fingerprint] = nil }
    } catch {
      log.warn(error)
    }
  }

  /// Releases all remaining claims.
  func releaseAll() {
    for claim in held.withLock({ $0.values.map(\.claim) }) {
      do throws(DiagnosticError) { try store.release(claim) } catch { log.warn(error) }
    }
    held.withLock { $0 = [:] }
    do throws(DiagnosticError) { try store.remove(files) } catch { log.warn(error) }
  }

  // MARK: - Running stages

  /// Whether another run is known to have taken over a stage that this one computes.
  ///
  /// If this process has sent no heartbeat for some time, it or its machine may have been suspended, so the store is
  /// checked first.
  func isLost(_ stage: PlannedStage) -> Bool {
    guard let held = held.withLock({ $0[stage.fingerprint] }) else { return false }
    if held.isLost || monotonicSeconds() - held.confirmed < 2 * timing.beat { return held.isLost }
    // If the store cannot be read, nothing is known; publishing requires an answer.
    return (try? !confirm(stage)) ?? false
  }

  /// Sends a heartbeat for a stage.
  ///
  /// - Returns: whether the stage still belongs to this run.
  func confirm(_ stage: PlannedStage) throws(DiagnosticError) -> Bool {
    guard let known = held.withLock({ $0[stage.fingerprint] }) else { return false }
    return try confirm(known)
  }

  private func confirm(_ known: Held) throws(DiagnosticError) -> Bool {
    if known.isLost { return false }
    let now = monotonicSeconds()
    let stands = try store.renew(known.claim)
    let isNews = held.withLock { held in
      let fingerprint = known.claim.fingerprint
      // It may have been released at this very moment.
      guard held[fingerprint]?.claim == known.claim else { return false }
      held[fingerprint]?.confirmed = now
      guard !stands, held[fingerprint]?.isLost == false else { return false }
      held[fingerprint]?.isLost = true
      return true
    }
    if isNews {
      log.warn(
        DiagnosticError(
          "another run took over stage '\(known.stage)', since this one showed no sign of life for too long"
        ))
    }
    return stands
  }

  /// Sends heartbeats on a separate thread while `body` runs, and occasionally removes what dead runs of other
  /// machines left behind.
  ///
  /// - Throws: `DiagnosticError` if the system refuses the thread, since others would take over all stages.
  func keepingAlive(_ body: () throws -> Void) throws {
    let isOver = Monitor(false)
    let tidying = Int(min(max(timing.patience / 3 / timing.beat, 1), 1e6))
    let thread = try JoinableThread { [timing] in
      var beats = 0
      while isOver.wait(atMost: timing.beat, until: { $0 }, then: { _ in }) == nil {
        beats += 1
        self.beat(isTidying: beats % tidying == 1 || tidying == 1)
      }
    }
    defer {
      isOver.wait { $0 = true }
      thread.join()
    }
    try body()
  }

  private func beat(isTidying: Bool) {
    for known in held.withLock({ Array($0.values) }) {
      do throws(DiagnosticError) { _ = try confirm(known) } catch { log.warn(error) }
    }
    // What remains is harmless, and is checked again soon.
    if isTidying { try? store.removeRemainsOfTheDead(watch: watch) }
  }
}
