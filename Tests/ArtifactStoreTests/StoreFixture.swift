import ArtifactStore
import Basics
import SystemPackage

/// A record without outputs, with a value in each field.
func sampleRecord(_ name: String = "base-A") -> StageRecord {
  StageRecord(
    fingerprint: Fingerprint(of: name), stage: name, pipeline: "general to specific",
    kind: "train", revision: 2,
    settings: ["solver": ["rate": 0.1, "batch": 128], "classes": ["ключ", "\n"]],
    inputs: ["data": Fingerprint(of: "data"), "source": Fingerprint(of: "source")], outputs: [:],
    metrics: ["top1": 0.625, "images": 1000, "did-not-train": false],
    provenance: ["cambium": "1.2.3", "blas": .null], started: 1_700_000_000.25, seconds: 12.5)
}

extension Store {
  /// Publishes a stage whose outputs contain the given texts, written to a workspace as a runner would.
  @discardableResult
  func publish(
    _ record: StageRecord, texts: [String: String], on files: any FileSystem
  ) throws -> StoredArtifact {
    let workspace = try makeWorkspace()
    var paths: [String: FilePath] = [:]
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      paths[name] = workspace.appending("out \(name)")
      // Runners do not wait for the disk, so the store must.
      try files.append(Array(text.utf8), to: paths[name]!)
    }
    let artifact = try publish(record, files: paths)
    try removeWorkspace(workspace)
    return artifact
  }
}

extension Lookup {
  var content: Content? {
    if case .found(let content) = self { content } else { nil }
  }

  var damage: ArtifactDamage? {
    if case .unusable(let damage) = self { damage } else { nil }
  }

  var isAbsent: Bool {
    if case .absent = self { true } else { false }
  }
}
