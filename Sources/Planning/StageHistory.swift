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
  /// The stage whose outputs a stage has repeated: itself if it was the first to have them; `nil` where the stage has not
  /// run.
  func original(of fingerprint: Fingerprint) throws -> Fingerprint?
  /// The readable records of a kind of stage.
  func records(of kind: StageKind) throws -> [StageRecord]
  /// The record of the latest run of a stage of this name in this pipeline.
  func latestRecord(of stage: String, in pipeline: String) throws -> StageRecord?
  /// The fingerprint that a stage of this name had in its latest run, whether its record is still there or not.
  func latestFingerprint(of stage: String, in pipeline: String) throws -> Fingerprint?
  /// What last came between a stage and its result; `nil` where nothing is known to have.
  func setback(of fingerprint: Fingerprint) throws -> Setback?
  /// How the files of a dataset have changed between two contents, by their digests; `nil` where that is not known.
  func dataChange(from old: String, to new: String) throws -> DataChange?
  /// Whether a run that was cut short has left work of a stage, other than states of trainings.
  func hasUnfinishedWork(of fingerprint: Fingerprint) throws -> Bool
  /// When the stage was started, in seconds since 1970, if that run was killed; `nil` where nothing is known of one.
  func abandonedStart(of fingerprint: Fingerprint) -> Double?
  /// In seconds since 1970: how long ago something was is told from here.
  var now: Double { get }
  /// The states on a trajectory that trainings can go on from, the furthest first.
  func checkpoints(on trajectory: Fingerprint) throws -> [Checkpoint]
  /// The unfinished training runs of a pipeline of which there is a state, by stage.
  func interruptedTrainings(of pipeline: String) throws -> [String: InterruptedTraining]
  /// Whether there are any states at all.
  var hasCheckpoints: Bool { get }
}

extension StageHistory {
  package func original(of fingerprint: Fingerprint) throws -> Fingerprint? {
    try record(for: fingerprint)?.fingerprint
  }
  package func records(of kind: StageKind) throws -> [StageRecord] { [] }
  package func latestFingerprint(of stage: String, in pipeline: String) throws -> Fingerprint? {
    try latestRecord(of: stage, in: pipeline)?.fingerprint
  }
  package func dataChange(from old: String, to new: String) -> DataChange? { nil }
  package func setback(of fingerprint: Fingerprint) -> Setback? { nil }
  package func hasUnfinishedWork(of fingerprint: Fingerprint) -> Bool { false }
  package func abandonedStart(of fingerprint: Fingerprint) -> Double? { nil }
  package var now: Double { 0 }
  package func checkpoints(on trajectory: Fingerprint) -> [Checkpoint] { [] }
  package func interruptedTrainings(of pipeline: String) -> [String: InterruptedTraining] { [:] }
  package var hasCheckpoints: Bool { false }
}

/// Whether an artifact can be used.
package enum ArtifactPresence: Hashable, Sendable {
  case present
  case absent
  /// Recorded, but what is named is missing or has another size.
  case damaged(String)
}
