import ArtifactStore
import Basics

/// Earlier runs as a store remembers them, read when first asked about.
package struct StoreHistory: StageHistory {
  private let store: Store
  private let latest: LatestRuns
  private let hasSetbacks: Bool
  private let hasUnfinishedWork: Bool
  private let abandonedStarts: [Fingerprint: Double]
  package let hasCheckpoints: Bool
  package let now: Double

  /// Looks at a store, which may not exist yet.
  ///
  /// - Throws: `DiagnosticError` where the store cannot be read.
  package init(
    _ store: Store, pipeline: String, time: any TimeSource = SystemTimeSource()
  ) throws {
    self.store = store
    try store.checkFormat()
    latest = try store.latestRuns(of: pipeline)
    hasCheckpoints = try store.hasCheckpoints
    hasSetbacks = try store.hasSetbacks
    hasUnfinishedWork = try store.hasUnfinishedWork
    abandonedStarts = try store.abandonedStarts()
    now = time.now
  }

  package func presences(of fingerprints: [Fingerprint]) throws -> [ArtifactPresence] {
    var probe = ArtifactProbe(store)
    return try fingerprints.map { fingerprint in
      switch probe.sight(of: fingerprint) {
      case .complete: .present
      case .absent: .absent
      case .unclear: ArtifactPresence(try probe.outputs(for: fingerprint))
      }
    }
  }

  package func record(for fingerprint: Fingerprint) throws -> StageRecord? {
    guard case .found(let record) = try store.record(for: fingerprint) else { return nil }
    return record
  }

  package func original(of fingerprint: Fingerprint) throws -> Fingerprint? {
    try store.original(of: fingerprint)
  }

  package func records(of kind: StageKind) throws -> [StageRecord] {
    try store.records(ofKind: kind.rawValue)
  }

  package func checkpoints(on trajectory: Fingerprint) throws -> [Checkpoint] {
    try store.checkpoints(on: trajectory)
  }

  package func interruptedTrainings(of pipeline: String) throws -> [String: InterruptedTraining] {
    hasCheckpoints ? try store.interruptedTrainings(of: pipeline) : [:]
  }

  package func latestRecord(of stage: String, in pipeline: String) throws -> StageRecord? {
    try latest.fingerprint(of: stage).flatMap { try record(for: $0) }
  }

  package func latestFingerprint(of stage: String, in pipeline: String) -> Fingerprint? {
    latest.fingerprint(of: stage)
  }

  package func setback(of fingerprint: Fingerprint) -> Setback? {
    hasSetbacks ? store.setback(of: fingerprint) : nil
  }

  package func abandonedStart(of fingerprint: Fingerprint) -> Double? {
    abandonedStarts[fingerprint]
  }

  package func dataChange(from old: String, to new: String) -> DataChange? {
    guard let before = store.listing(ofContent: old), let now = store.listing(ofContent: new) else {
      return nil
    }
    return DataChange(from: before, to: now)
  }

  package func hasUnfinishedWork(of fingerprint: Fingerprint) throws -> Bool {
    try hasUnfinishedWork && store.hasUnfinishedWork(of: fingerprint)
  }
}

extension ArtifactPresence {
  fileprivate init(_ found: Lookup<[NamedObject]>) {
    switch found {
    case .found: self = .present
    case .absent: self = .absent
    case .unusable(let damage): self = .damaged("\(damage)")
    }
  }
}
