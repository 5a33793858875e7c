import ArtifactStore
import Basics
import Planning
import Synchronization

/// How often runs on one store look at each other; nothing here changes a result.
package struct ClaimTiming: Hashable, Sendable {
  /// Seconds between the signs of life of a running stage.
  package var beat = 5.0
  /// Seconds between two looks at what others compute.
  package var look = 0.5
  /// Seconds without a sign of life after which a stage of another machine is taken over.
  package var patience = Store.claimPatience

  package init(
    beat: Double = 5, look: Double = 0.5, patience: Double = Store.claimPatience
  ) {
    self.beat = beat
    self.look = look
    self.patience = patience
  }
}

/// The claims of a run: one for each stage that it computes, kept alive meanwhile.
final class ClaimKeeper: Sendable {
  private let store: Store
  private let pipeline: String
  private let time: any TimeSource
  private let timing: ClaimTiming
  private let log: RunLog
  private let held = Mutex<[Fingerprint: StageClaim]>([:])

  init(
    store: Store, pipeline: String, time: any TimeSource, timing: ClaimTiming, log: RunLog
  ) {
    self.store = store
    self.pipeline = pipeline
    self.time = time
    self.timing = timing
    self.log = log
  }

  enum Answer {
    case granted
    case held(ClaimHolder?)
  }

  /// Claims a stage for this run.
  func claim(_ stage: PlannedStage) throws(DiagnosticError) -> Answer {
    let holder = ClaimHolder(
      fingerprint: stage.fingerprint, stage: stage.name, pipeline: pipeline, run: log.run,
      since: time.now)
    switch try store.claim(for: holder, patience: timing.patience) {
    case .held(let other): return .held(other)
    case .granted(let claim):
      held.withLock { $0[stage.fingerprint] = claim }
      return .granted
    }
  }

  /// Lets others have a stage. What fails is tried again at the run's end.
  func release(_ stage: PlannedStage) {
    guard let claim = held.withLock({ $0[stage.fingerprint] }) else { return }
    do throws(DiagnosticError) {
      try store.release(claim)
      held.withLock { $0[stage.fingerprint] = nil }
    } catch {
      log.warn(error)
    }
  }

  /// Lets others have whatever is still claimed.
  func releaseAll() {
    for claim in held.withLock({ Array($0.values) }) {
      do throws(DiagnosticError) { try store.release(claim) } catch { log.warn(error) }
    }
    held.withLock { $0 = [:] }
  }

  /// Gives signs of life, on a thread of its own, while something is done.
  ///
  /// - Throws: `DiagnosticError` where the system grants no thread: others would take over all stages.
  func keepingAlive(_ body: () -> Void) throws(DiagnosticError) {
    let isOver = Monitor(false)
    let thread = try JoinableThread { [timing] in
      while isOver.wait(atMost: timing.beat, until: { $0 }, then: { _ in }) == nil { self.beat() }
    }
    body()
    isOver.wait { $0 = true }
    thread.join()
  }

  private func beat() {
    for (fingerprint, claim) in held.withLock({ $0 }) {
      do throws(DiagnosticError) {
        guard try !store.renew(claim) else { continue }
        // It may have been released in this instant.
        let isLost = held.withLock { held in
          guard held[fingerprint] == claim else { return false }
          held[fingerprint] = nil
          return true
        }
        if isLost {
          log.warn(
            DiagnosticError(
              "another run has taken over a stage of this one, which gave no sign of life for long")
          )
        }
      } catch {
        log.warn(error)
      }
    }
  }
}
