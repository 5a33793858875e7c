import ArtifactStore
import Basics

/// Earlier runs as a store remembers them, read when first asked about.
package struct StoreHistory: StageHistory, Sendable {
  private let store: Store
  private let snapshot: StoreSnapshot
  private let latest: LatestRuns
  package let hasCheckpoints: Bool

  /// Looks at a store, which may not exist yet.
  ///
  /// - Throws: `DiagnosticError` where the store cannot be read.
  package init(_ store: Store, pipeline: String) throws {
    self.store = store
    snapshot = try store.snapshot()
    latest = try store.latestRuns(of: pipeline)
    hasCheckpoints = try store.hasCheckpoints
  }

  package func presence(of fingerprint: Fingerprint) throws -> ArtifactPresence {
    guard snapshot.hasRecord(fingerprint) else { return .absent }
    switch try store.outputs(for: fingerprint) {
    case .found: return .present
    case .absent: return .absent
    case .unusable(let damage): return .damaged("\(damage)")
    }
  }

  package func presences(of fingerprints: [Fingerprint]) throws -> [ArtifactPresence] {
    try fingerprints.concurrentMap(batch: 1024) { try presence(of: $0) }
  }

  package func record(for fingerprint: Fingerprint) throws -> StageRecord? {
    guard case .found(let record) = try store.record(for: fingerprint) else { return nil }
    return record
  }

  package func checkpoints(on trajectory: Fingerprint) throws -> [Checkpoint] {
    try store.checkpoints(on: trajectory)
  }

  package func latestRecord(of stage: String, in pipeline: String) throws -> StageRecord? {
    try latest.fingerprint(of: stage).flatMap(record)
  }
}
