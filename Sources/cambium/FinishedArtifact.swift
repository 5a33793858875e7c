import ArtifactStore
import Basics
import Planning
import SystemPackage

/// The artifact of a stage of the current file, verified against its record. Damaged files are set aside, so that the next
/// run recomputes them.
///
/// - Throws: `DiagnosticError` if the store cannot be read.
func usableArtifact(
  of stage: PlannedStage, in pipeline: PipelineOptions
) throws -> Lookup<StoredArtifact> {
  let store = pipeline.openStore
  var found = try store.artifact(for: stage.fingerprint)
  if case .found(let artifact) = found, let damage = try store.verify(artifact.record).first {
    // If the store cannot be written, it is sufficient that the artifact is not used.
    try? store.setAside(damage, of: stage.fingerprint)
    found = .unusable(damage)
  }
  return found
}

/// The same of a stage without which there is nothing to do.
///
/// - Throws: `DiagnosticError` if the stage has no result, or a damaged one.
func finishedArtifact(
  of stage: PlannedStage, in pipeline: PipelineOptions
) throws -> StoredArtifact {
  switch try usableArtifact(of: stage, in: pipeline) {
  case .found(let artifact):
    return artifact
  case .absent:
    throw DiagnosticError(
      "stage '\(stage.name)' has no result for the file as it is now",
      notes: [.init("'\(pipeline.command("run"))' runs it")])
  case .unusable(let damage):
    throw DiagnosticError(
      "the result of stage '\(stage.name)' is damaged: \(damage)",
      notes: [.init("'\(pipeline.command("run"))' recomputes it")], cause: .damagedInput)
  }
}
