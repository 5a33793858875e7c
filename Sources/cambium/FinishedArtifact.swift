import ArtifactStore
import Basics
import Planning
import SystemPackage

/// The artifact of a stage that has run with the file as it stands, its contents compared with what was
/// recorded; what is damaged is set aside, so that the next run recomputes it.
///
/// - Throws: `DiagnosticError` where it has not, or its artifact is damaged.
func finishedArtifact(
  of stage: PlannedStage, in pipeline: PipelineOptions
) throws -> StoredArtifact {
  let store = pipeline.openStore
  var found = try store.artifact(for: stage.fingerprint)
  if case .found(let artifact) = found, let damage = try store.verify(artifact.record).first {
    // Where the store cannot be written, it is enough that nobody uses it.
    try? store.setAside(damage, of: stage.fingerprint)
    found = .unusable(damage)
  }
  switch found {
  case .found(let artifact):
    return artifact
  case .absent:
    throw DiagnosticError(
      "stage '\(stage.name)' has not run as the file describes it now",
      notes: [.init("'cambium run \(pipeline.file)' runs it")])
  case .unusable(let damage):
    throw DiagnosticError(
      "the artifact of stage '\(stage.name)' is damaged: \(damage)",
      notes: [.init("'cambium run \(pipeline.file)' recomputes it")])
  }
}
