import ArtifactStore
import Basics
import Planning
import SystemPackage

/// The artifact of a stage that has run with the file as it stands.
///
/// - Throws: `DiagnosticError` where it has not, or its artifact is damaged.
func finishedArtifact(
  of stage: PlannedStage, in pipeline: PipelineOptions
) throws -> StoredArtifact {
  switch try pipeline.openStore.artifact(for: stage.fingerprint) {
  case .found(let artifact):
    return artifact
  case .absent:
    throw DiagnosticError(
      "stage '\(stage.name)' has not run as the file describes it now",
      notes: [.init("'cambium run \(pipeline.file)' runs it")])
  case .unusable(let damage):
    throw DiagnosticError(
      "the artifact of stage '\(stage.name)' is damaged: \(damage)",
      notes: [.init("'cambium run \(pipeline.file)' makes it anew")])
  }
}

extension StoredArtifact {
  /// Copies the artifact's files into a folder, made where needed; gives their new paths in order.
  ///
  /// - Throws: `DiagnosticError` where a file cannot be read or written.
  func copyFiles(to folder: FilePath) throws -> [FilePath] {
    let fileSystem = LocalFileSystem()
    try fileSystem.makeFolder(folder)
    return try files.sorted { $0.key < $1.key }.map { name, path in
      let target = folder.appending(name)
      try fileSystem.write(fileSystem.read(path), to: target)
      return target
    }
  }
}
