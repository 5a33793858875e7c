import Basics
import SystemPackage

extension Store {
  /// The outputs of a finished stage, where all of them are there with the recorded size.
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

  /// The outputs of a record, where all of them are there with the recorded size.
  package func artifact(
    of record: StageRecord
  ) throws(DiagnosticError) -> Lookup<StoredArtifact> {
    if let damage = try damage(of: record.outputs) { return .unusable(damage) }
    return .found(
      StoredArtifact(record: record, files: record.outputs.mapValues { objectPath($0.digest) }))
  }

  /// The outputs of a finished stage, where all of them are there with the recorded size: the answer of
  /// `artifact(for:)` for those who need no record, in a fraction of the time.
  package func outputs(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> Lookup<[NamedObject]> {
    var probe = ArtifactProbe(self)
    return try probe.outputs(for: fingerprint)
  }

  /// The first damage that shows without reading contents.
  private func damage(
    of outputs: [String: StoredObject]
  ) throws(DiagnosticError) -> ArtifactDamage? {
    var probe = ArtifactProbe(self)
    return try probe.damage(of: outputs.namedObjects)
  }

  /// Reads all outputs of a record and compares their contents with the recorded digests.
  ///
  /// - Returns: every damage found, by output; nothing where all is well.
  package func verify(_ record: StageRecord) throws(DiagnosticError) -> [ArtifactDamage] {
    var damages: [ArtifactDamage] = []
    for (name, object) in record.outputs.sortedByName {
      if case .damaged(let damage) = try examine(object, named: name) { damages.append(damage) }
    }
    return damages
  }

  /// Takes a stage's output files into the store, and then its record.
  ///
  /// The files are moved where the store does not have their content yet; they must lie in a workspace
  /// of this store. A record of the same fingerprint is replaced.
  ///
  /// - Parameters:
  ///   - record: everything but the outputs, which are filled in.
  ///   - files: output files by the names under which the artifact holds them.
  /// - Throws: `DiagnosticError` for a file that is missing, and where the store cannot be written.
  package func publish(
    _ record: StageRecord, files: [String: FilePath]
  ) throws(DiagnosticError) -> StoredArtifact {
    try publish(measured(record, files), files)
  }

  /// The same, by whoever has claimed the stage.
  ///
  /// - Returns: `nil` where the claim does not stand any more when the files have been read; then nothing was
  ///   published.
  package func publish(
    _ record: StageRecord, files: [String: FilePath], holding claim: StageClaim
  ) throws(DiagnosticError) -> StoredArtifact? {
    let record = try measured(record, files)
    guard try stands(claim) else { return nil }
    return try publish(record, files)
  }

  /// A record with the outputs that the files are.
  ///
  /// All are hashed before the first is moved: two names may stand for one file.
  private func measured(
    _ record: StageRecord, _ files: [String: FilePath]
  ) throws(DiagnosticError) -> StageRecord {
    var record = record
    record.outputs = [:]
    for (name, path) in files.sortedByName {
      guard let status = try fileSystem.status(of: path, followingLinks: false),
        status.kind == .file
      else { throw DiagnosticError("output '\(name)' is not a file: '\(path.string)'") }
      let content = try fileSystem.digest(of: path)
      record.outputs[name] = StoredObject(digest: content.digest, size: content.size)
    }
    return record
  }

  private func publish(
    _ record: StageRecord, _ files: [String: FilePath]
  ) throws(DiagnosticError) -> StoredArtifact {
    var kept: [String: FilePath] = [:]
    for (name, path) in files.sortedByName {
      guard let object = record.outputs[name] else { preconditionFailure("hashed before") }
      try keep(path, as: object)
      kept[name] = objectPath(object.digest)
    }
    let recordPath = recordPath(record.fingerprint)
    try makeFolder(recordPath.removingLastComponent())
    try clear(recordPath)
    let text = record.json()
    try write(text, to: recordPath)
    // What stays of it says nothing beside a result.
    try? forgetSetback(of: record.fingerprint)
    return StoredArtifact(record: try Store.readBack(text), files: kept)
  }

  /// A record as whoever reads it later gets it: a whole number may have been made as a fraction. What is
  /// computed from it in this run has to be what the next run would compute.
  private static func readBack(_ text: String) throws(DiagnosticError) -> StageRecord {
    do throws(ArtifactDamage) { return try StageRecord(json: Array(text.utf8)) } catch {
      throw DiagnosticError("the record of a stage cannot be read back: \(error)")
    }
  }

  /// Moves a file to where its content belongs, unless the store has it already.
  func keep(_ path: FilePath, as object: StoredObject) throws(DiagnosticError) {
    // An object is replaced only where it is damaged: another host may have it open. It is as good as
    // new, which keeps it from being cleaned away as unused; where its owner is another, it is not.
    let target = objectPath(object.digest)
    if try hasWhole(object), try fileSystem.touch(target) { return }
    try fileSystem.seal(path)
    try makeFolder(target.removingLastComponent())
    try clear(target)
    try fileSystem.move(path, to: target)
  }

  /// Whether the store has an object whose content is what its name says. Reads all of it.
  func hasWhole(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path), status.kind == .file,
      status.size == object.size
    else { return false }
    return try readableDigest(of: path) == FileDigest(digest: object.digest, size: object.size)
  }

  /// The digest of a file; `nil` where its content is not to be had.
  func readableDigest(of path: FilePath) throws(DiagnosticError) -> FileDigest? {
    do throws(DiagnosticError) { return try fileSystem.digest(of: path) } catch {
      guard error.tellsOfDamage else { throw error }
      return nil
    }
  }

  /// Makes room for a file where there is something that no file can replace.
  func clear(_ path: FilePath) throws(DiagnosticError) {
    if let status = try fileSystem.status(of: path, followingLinks: false), status.kind == .folder {
      try setAside(path)
    }
  }
}

extension Dictionary where Key == String {
  fileprivate var sortedByName: [(key: String, value: Value)] {
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
