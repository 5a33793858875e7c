import Basics
import SystemPackage

/// What has been taken over of a study, or would be.
package struct StudyImport: Sendable {
  /// What was not there, and what was.
  package struct Balance: Hashable, Sendable {
    package var new = StudyManifest.Total()
    package var known = StudyManifest.Total()

    mutating func add(_ bytes: Int, isKnown: Bool) {
      if isKnown { known.add(bytes) } else { new.add(bytes) }
    }
  }

  package var records = Balance()
  package var objects = Balance()
  /// States of trainings, of several files each.
  package var checkpoints = Balance()
  package var files = Balance()
  /// Files that are there with another content, and were left as they are.
  package var differing: [FilePath] = []
  /// The pipeline files, where they are now.
  package var pipelines: [FilePath] = []
  /// What has to be set beside them for the same study.
  package var settings: [String] = []
}

extension StudyImport: ValueConvertible {
  package var value: Value {
    [
      "format": 1, "records": records.value, "objects": objects.value,
      "checkpoints": checkpoints.value, "files": files.value,
      "differing": .list(differing.map { .string($0.string) }),
      "pipelines": .list(pipelines.map { .string($0.string) }),
      "settings": .list(settings.map(Value.string)),
    ]
  }
}

extension StudyImport.Balance: ValueConvertible {
  package var value: Value { ["new": new.value, "known": known.value] }
}
