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

  /// Adds a stage's output files to the store, and then its record.
  ///
  /// The files are moved unless the store already has their content; they must be in a workspace of this store. A
  /// record with the same fingerprint is replaced.
  ///
  /// - Parameters:
  ///   - record: everything except the outputs, which are filled in.
  ///   - files: output files by their names in the artifact.
  /// - Throws: `DiagnosticError` if a file is missing, or the store cannot be written.
  package func publish(
    _ record: StageRecord, files: [String: FilePath]
  ) throws(DiagnosticError) -> StoredArtifact {
    try publish(measured(record, files), files)
  }

  /// The same for a claimed stage.
  ///
  /// - Parameter findsOriginal: whether an earlier stage with the same outputs is noted as its original.
  /// - Returns: `nil` if the claim is no longer valid once the files have been read; then nothing was published.
  package func publish(
    _ record: StageRecord, files: [String: FilePath], holding claim: StageClaim,
    findsOriginal: Bool = false
  ) throws(DiagnosticError) -> StoredArtifact? {
    let record = try measured(record, files)
    guard try stands(claim) else { return nil }
    // Before the record: whoever finds a record without the note takes it for an original.
    if findsOriginal { try noteOriginal(of: record) }
    return try publish(record, files)
  }

  /// A record with the given files as outputs.
  ///
  /// All are hashed before the first is moved, since two names may refer to one file.
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

  /// A record as later readers see it: an integer may have been created as a fraction. This run must compute with the
  /// same values as the next one.
  private static func readBack(_ text: String) throws(DiagnosticError) -> StageRecord {
    do throws(ArtifactDamage) { return try StageRecord(json: Array(text.utf8)) } catch {
      throw DiagnosticError("the record of a stage cannot be read back: \(error)")
    }
  }

  /// Moves a file to the path of its content, unless the store has it already.
  func keep(_ path: FilePath, as object: StoredObject) throws(DiagnosticError) {
    // An object is replaced only if it is damaged, since another host may have it open. Its time is updated so that
    // it is not removed as unused; this fails if it belongs to another user.
    let target = objectPath(object.digest)
    if try hasWhole(object), try fileSystem.touch(target) { return }
    try fileSystem.seal(path)
    try makeFolder(target.removingLastComponent())
    try clear(target)
    try fileSystem.move(path, to: target)
  }

  /// Whether the store has an intact object. Reads all of it.
  func hasWhole(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path), status.kind == .file,
      status.size == object.size
    else { return false }
    return try readableDigest(of: path) == FileDigest(digest: object.digest, size: object.size)
  }

  /// The digest of a file; `nil` if its content cannot be read.
  func readableDigest(of path: FilePath) throws(DiagnosticError) -> FileDigest? {
    do throws(DiagnosticError) { return try fileSystem.digest(of: path) } catch {
      guard error.tellsOfDamage else { throw error }
      return nil
    }
  }

  /// Removes anything that a file cannot replace.
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
