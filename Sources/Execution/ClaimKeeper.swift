import ArtifactStore
import Basics
import Planning
import Synchronization

/// How often runs on one store look at each other; nothing here changes a result.
package struct ClaimTiming: Hashable, Sendable {
  /// Seconds between the signs of life of a running stage.
  package var beat: Double
  /// Seconds between two looks at what others compute.
  package var look: Double
  /// Seconds without a sign of life after which a stage of another machine is taken over.
  package var patience: Double

  package init(beat: Double = 5, look: Double = 0.5, patience: Double = LifeWatch.usualPatience) {
    self.beat = beat
    self.look = look
    self.patience = patience
  }

  /// The usual shares of a patience.
  package init(patience: Double) {
    self.init(beat: min(5, patience / 12), look: min(0.5, patience / 12), patience: patience)
  }
}

/// The claims of a run: one for each stage that it computes, kept alive meanwhile.
final class ClaimKeeper: Sendable {
  private let store: Store
  private let pipeline: String
  private let time: any TimeSource
  private let timing: ClaimTiming
  private let log: RunLog
  private let watch: LifeWatch
  private let held = Mutex<[Fingerprint: Held]>([:])

  private struct Held {
    let claim: StageClaim
    let stage: String
    /// When the claim was last seen to stand, in seconds of a clock that nobody sets.
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
    let answer = try store.claim(for: holder, watch: watch)
    if case .granted(let claim) = answer {
      held.withLock {
        $0[stage.fingerprint] = Held(claim: claim, stage: stage.name, confirmed: now)
      }
    }
    return answer
  }

  /// Whether nobody computes a stage, as far as this run has seen.
  func isFree(_ stage: PlannedStage) throws(DiagnosticError) -> Bool {
    try store.isFree(stage.fingerprint, watch: watch)
  }

  /// Lets others have a stage. What fails is tried again at the run's end.
  func release(_ stage: PlannedStage) {
    guard let claim = held.withLock({ $0[stage.fingerprint]?.claim }) else { return }
    do throws(DiagnosticError) {
      try store.release(claim)
      held.withLock { $0[stage.fingerprint] = nil }
    } catch {
      log.warn(error)
    }
  }

  /// Lets others have whatever is still claimed.
  func releaseAll() {
    for claim in held.withLock({ $0.values.map(\.claim) }) {
      do throws(DiagnosticError) { try store.release(claim) } catch { log.warn(error) }
    }
    held.withLock { $0 = [:] }
  }

  // MARK: - While stages run

  /// Whether another run is known to have taken over a stage that this one computes.
  ///
  /// After some time without sign of life, in which this process or its machine may have been suspended, the
  /// store is asked first.
  func isLost(_ stage: PlannedStage) -> Bool {
    guard let held = held.withLock({ $0[stage.fingerprint] }) else { return false }
    if held.isLost || monotonicSeconds() - held.confirmed < 2 * timing.beat { return held.isLost }
    // Where the store does not answer, nothing is known; what is written needs an answer.
    return (try? !confirm(stage)) ?? false
  }

  /// Gives a sign of life for a stage.
  ///
  /// - Returns: whether it is still this run's to compute.
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
      // It may have been released in this instant.
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

  /// Gives signs of life, on a thread of its own, while something is done, and now and then removes what other
  /// machines' dead have left.
  ///
  /// - Throws: `DiagnosticError` where the system grants no thread: others would take over all stages.
  func keepingAlive(_ body: () -> Void) throws(DiagnosticError) {
    let isOver = Monitor(false)
    let tidying = Int(min(max(timing.patience / 3 / timing.beat, 1), 1e6))
    let thread = try JoinableThread { [timing] in
      var beats = 0
      while isOver.wait(atMost: timing.beat, until: { $0 }, then: { _ in }) == nil {
        beats += 1
        self.beat(isTidying: beats % tidying == 1 || tidying == 1)
      }
    }
    body()
    isOver.wait { $0 = true }
    thread.join()
  }

  private func beat(isTidying: Bool) {
    for known in held.withLock({ Array($0.values) }) {
      do throws(DiagnosticError) { _ = try confirm(known) } catch { log.warn(error) }
    }
    // What stays does no harm, and the next look comes soon.
    if isTidying { try? store.removeRemainsOfTheDead(watch: watch) }
  }
}
