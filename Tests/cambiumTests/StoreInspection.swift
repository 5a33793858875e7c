import ArtifactStore
import Basics
import SystemPackage

/// What a store holds, looked at from outside while no run uses it.
struct StoreInspection {
  let store: Store
  private let files = LocalFileSystem()

  init(_ folder: FilePath) { store = Store(at: folder) }

  /// The digests of every finished stage's files.
  func outputs() throws -> [String: [String: Fingerprint]] {
    var outputs: [String: [String: Fingerprint]] = [:]
    for fingerprint in try store.recordedStages() {
      guard case .found(let record) = try store.record(for: fingerprint) else { continue }
      outputs[record.stage] = record.outputs.mapValues(\.digest)
    }
    return outputs
  }

  /// Everything that is not as a store promises: records that cannot be read, outputs that are missing or
  /// altered, objects that are not what their name says.
  func damage() throws -> [String] {
    var found: [String] = []
    for fingerprint in try store.recordedStages() {
      guard case .found(let record) = try store.record(for: fingerprint) else {
        found.append("record \(fingerprint.short)")
        continue
      }
      found += try store.verify(record).map { "\(record.stage): \($0)" }
    }
    let objects = store.root.appending("objects")
    for shard in try files.names(in: objects) {
      for name in try files.names(in: objects.appending(shard)) {
        let path = objects.appending(shard).appending(name)
        if try files.digest(of: path).digest.hexadecimal != name { found.append(path.string) }
      }
    }
    return found
  }

  /// What only a run that was killed leaves: workspaces, unfinished files, and states of trainings that are
  /// finished.
  func remains() throws -> [String] {
    try files.names(in: store.root.appending("tmp")) + states()
      + files.names(in: store.root).filter { $0.hasSuffix(".tmp") }
      + folders(["records", "latest", "checkpoints", "inspections", "objects"]).flatMap { folder in
        try files.names(in: folder).filter { $0.hasSuffix(".tmp") }
      }
  }

  /// The states that trainings have written on the way.
  func states() throws -> [String] {
    try folders(["checkpoints"]).flatMap { folder in
      try files.names(in: folder).filter { $0.contains("~") && !$0.hasSuffix(".json") }
    }
  }

  private func folders(_ names: [String]) throws -> [FilePath] {
    try names.flatMap { name in
      let folder = store.root.appending(name)
      return try [folder]
        + files.names(in: folder).map { folder.appending($0) }.filter {
          try files.status(of: $0)?.kind == .folder
        }
    }
  }
}
