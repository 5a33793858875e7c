import Basics
import SystemPackage

/// The parts of a store, and of other files, that make up a study.
package struct StudySelection: Sendable {
  /// The fingerprints of its stages, finished or not.
  package var stages: Set<Fingerprint> = []
  /// Finished stages outside the study's pipelines that its training runs resume from.
  package var sources: Set<Fingerprint> = []
  /// States of unfinished training runs, by trajectory.
  package var checkpoints: [Fingerprint: Set<Checkpoint>] = [:]
  package var ends: Set<StudyManifest.End> = []
  package var latest: Set<StudyManifest.Latest> = []
  package var originals: Set<StudyManifest.Original> = []
  package var outside: Set<StudyManifest.KnownSource> = []
  /// Pipeline files, and what they read, by their path in the archive.
  package var files: [String: FilePath] = [:]
  /// Which of the files are pipelines.
  package var pipelines: Set<String> = []
  /// The parameter settings, in order: `epochs=20`.
  package var settings: [String] = []

  package init() {}
}

/// The result of exporting a study.
package struct StudyExport: Sendable {
  package var manifest: StudyManifest
  /// The number of stages of the study, and how many of them are finished.
  package var stages: Int
  package var finished: Int
  /// The size of the archive; `nil` if none was written.
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
