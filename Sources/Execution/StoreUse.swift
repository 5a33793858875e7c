import ArtifactStore
import Basics

/// What runs use that may be alive, on this machine, in another container or on another machine.
package struct StoreUse: Sendable {
  /// The stages that they have reused or produced.
  package private(set) var stages: Set<Fingerprint> = []
  /// How many of them do not say all that they use, since their logs are damaged or gone.
  package private(set) var unknownRuns = 0

  /// - Parameter now: seconds since 1970.
  package init(of store: Store, now: Double) throws(DiagnosticError) {
    var live: Set<String> = []
    // A run may be alive though nothing more reaches its log.
    for (holder, lastSign) in try store.holders()
    where holder.process.isHere || abs(now - lastSign) < Store.longestSilence {
      live.insert(holder.run)
    }
    for name in try store.logNames() where name.hasSuffix(StoreUse.ending) {
      let run = String(name.dropLast(StoreUse.ending.count))
      guard let story = try store.log(name).flatMap({ RunStory(log: $0) }) else {
        // Nobody knows whose it is, but a run adds to its log.
        let isRecent = try isRecent(name, in: store, now)
        if live.remove(run) != nil || isRecent { unknownRuns += 1 }
        continue
      }
      guard live.remove(run) != nil || story.isLive(now: now) else { continue }
      stages.formUnion(story.used)
      if !story.isWhole { unknownRuns += 1 }
    }
    // Those that have no log at all.
    unknownRuns += live.count
  }

  private static let ending = ".jsonl"

  private func isRecent(_ log: String, in store: Store, _ now: Double) throws(DiagnosticError)
    -> Bool
  {
    try store.logModified(log).map { abs(now - $0) < Store.longestSilence } ?? false
  }
}
