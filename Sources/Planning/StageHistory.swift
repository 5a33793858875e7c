import ArtifactStore
import Basics

/// What planning needs to know of earlier runs.
package protocol StageHistory: Sendable {
  /// Whether the artifacts of stages are there, in order. Asked from several threads at once.
  ///
  /// - Throws: `DiagnosticError` where earlier runs cannot be read.
  func presences(of fingerprints: [Fingerprint]) throws -> [ArtifactPresence]
  /// The record of a stage with this fingerprint; `nil` where there is none that can be used.
  func record(for fingerprint: Fingerprint) throws -> StageRecord?
  /// The record of the latest run of a stage of this name in this pipeline.
  func latestRecord(of stage: String, in pipeline: String) throws -> StageRecord?
  /// The states on a trajectory that trainings can go on from, the furthest first.
  func checkpoints(on trajectory: Fingerprint) throws -> [Checkpoint]
  /// Whether there are any states at all.
  var hasCheckpoints: Bool { get }
}

extension StageHistory {
  package func checkpoints(on trajectory: Fingerprint) -> [Checkpoint] { [] }
  package var hasCheckpoints: Bool { false }
}

/// Whether an artifact can be used.
package enum ArtifactPresence: Hashable, Sendable {
  case present
  case absent
  /// Recorded, but what is named is missing or has another size.
  case damaged(String)
}
