import Basics
import SystemPackage

extension Store {
  /// The outputs of a finished stage if all of them exist with the recorded size.
  ///
  /// Contents are not read; `verify(_:)` does that.
  package func artifact(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> Lookup<StoredArtifact> {
    switch try record(for: fingerprint) {
    case .absent: return .absent
    case .unusable(let damage): return .unusable(damage)
    case .found(let record): return try artifact(of: record)
    }
  }

  /// The outputs of a record if all of them exist with the recorded size.
  package func artifact(
    of record: StageRecord
  ) throws(DiagnosticError) -> Lookup<StoredArtifact> {
    if let damage = try damage(of: record.outputs) { return .unusable(damage) }
    return .found(
      StoredArtifact(record: record, files: record.outputs.mapValues { objectPath($0.digest) }))
  }

  /// The outputs of a finished stage if all of them exist with the recorded size: like `artifact(for:)`, but without
  /// the record and in a fraction of the time.
  package func outputs(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> Lookup<[NamedObject]> {
    var probe = ArtifactProbe(self)
    return try probe.outputs(for: fingerprint)
  }

  /// The first damage that is visible without reading contents.
  private func damage(
    of outputs: [String: StoredObject]
  ) throws(DiagnosticError) -> ArtifactDamage? {
    var probe = ArtifactProbe(self)
    return try probe.damage(of: outputs.namedObjects)
  }

  /// Reads all outputs of a record and compares their contents with the recorded digests.
  ///
  /// - Returns: every damage found, by output; empty if there is none.
  package func verify(_ record: StageRecord) throws(DiagnosticError) -> [ArtifactDamage] {
    var damages: [ArtifactDamage] = []
    for (name, object) in record.outputs.sortedByName {
      if case .damaged(let damage) = try examine(object, named: name) { damages.append(damage) }
    }
    return damages
  }

  /// Moves a file to the path of its content, unless the store has it already.
  func keep(_ path: FilePath, as object: StoredObject) throws(DiagnosticError) {
    if try isKept(object) { return }
    let target = objectPath(object.digest)
    try fileSystem.seal(path)
    try makeFolder(target.removingLastComponent())
    try clear(target)
    try fileSystem.move(path, to: target)
  }

  /// Whether the store has an intact object that is not removed as unused.
  ///
  /// An object is replaced only if it is damaged, since another host may have it open. Its time is updated so that it
  /// counts as used; this fails if it belongs to another user.
  func isKept(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    guard try hasWhole(object) else { return false }
    return try fileSystem.touch(objectPath(object.digest))
  }

  /// Whether the store has an intact object. Reads all of it.
  func hasWhole(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    guard let status = try readableStatus(of: path), status.kind == .file,
      status.size == object.size
    else { return false }
    return try readableDigest(of: path) == FileDigest(digest: object.digest, size: object.size)
  }

  /// The digest of a file; `nil` if its content cannot be read.
  func readableDigest(of path: FilePath) throws(DiagnosticError) -> FileDigest? {
    do throws(DiagnosticError) { return try fileSystem.digest(of: path) } catch {
      guard error.indicatesDamage else { throw error }
      return nil
    }
  }

  /// Removes anything that a file cannot replace, or that the disk cannot look at.
  func clear(_ path: FilePath) throws(DiagnosticError) {
    do throws(DiagnosticError) {
      let status = try fileSystem.status(of: path, followingLinks: false)
      // What is written to a pipe or a device does not stay.
      guard status?.kind == .folder || status?.kind == .other else { return }
    } catch {
      guard error.indicatesDamage else { throw error }
    }
    try setAside(path)
  }
}

extension Dictionary where Key == String {
  var sortedByName: [(key: String, value: Value)] {
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
