import Basics
import SystemPackage

/// What an import of a study added, or would add.
package struct StudyImport: Sendable {
  /// What was added, and what already existed.
  package struct Balance: Hashable, Sendable {
    package var new = StudyManifest.Total()
    package var known = StudyManifest.Total()

    mutating func add(_ bytes: Int, isKnown: Bool) {
      if isKnown { known.add(bytes) } else { new.add(bytes) }
    }
  }

  package var records = Balance()
  package var objects = Balance()
  /// States of training runs, consisting of several files each.
  package var checkpoints = Balance()
  package var files = Balance()
  /// Files that exist with different content, and were not changed.
  package var differing: [FilePath] = []
  /// The paths of the imported pipeline files.
  package var pipelines: [FilePath] = []
  /// The parameter settings that are part of the same study.
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
