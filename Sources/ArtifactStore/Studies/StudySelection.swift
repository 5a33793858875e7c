import Basics
import SystemPackage

/// What of a store, and of the files beside it, makes up a study.
package struct StudySelection: Sendable {
  /// The fingerprints of its stages, finished or not.
  package var stages: Set<Fingerprint> = []
  /// Finished stages of no pipeline of the study that its trainings go on from.
  package var sources: Set<Fingerprint> = []
  /// States of trainings that are not finished, by trajectory.
  package var checkpoints: [Fingerprint: Set<Checkpoint>] = [:]
  package var ends: Set<StudyManifest.End> = []
  package var latest: Set<StudyManifest.Latest> = []
  package var outside: Set<StudyManifest.KnownSource> = []
  /// Pipeline files, and what they read, by the path that they have in the archive.
  package var files: [String: FilePath] = [:]
  /// Those of the files that are pipelines.
  package var pipelines: Set<String> = []
  /// What parameters are set to beside the files, in order: `epochs=20`.
  package var settings: [String] = []

  package init() {}
}

/// What has been written of a study.
package struct StudyExport: Sendable {
  package var manifest: StudyManifest
  /// Stages that the study has, and how many of them are finished.
  package var stages: Int
  package var finished: Int
  /// The archive's size; `nil` where none was written.
  package var bytes: Int?
}

extension StudyExport: ValueConvertible {
  package var value: Value {
    [
      "format": 1, "pipelines": .list(manifest.pipelines.map(Value.string)),
      "settings": .list(manifest.settings.map(Value.string)),
      "stages": .integer(stages), "finished": .integer(finished),
      "records": manifest.records.value, "objects": manifest.objects.value,
      "checkpoints": manifest.checkpoints.value, "files": manifest.files.value,
      "bytes": bytes.map(Value.integer) ?? .null,
    ]
  }
}

extension StudyManifest.Total: ValueConvertible {
  package var value: Value { ["count": .integer(count), "bytes": .integer(bytes)] }
}
