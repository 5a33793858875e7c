import Basics
import SystemPackage

extension Store {
  /// The result of reading the entire content of an output.
  package enum Examination: Hashable, Sendable {
    /// It matches the record.
    case sound
    case damaged(ArtifactDamage)
    /// It was not read to its end.
    case interrupted
  }

  /// Compares the content of one output of an artifact with its record. Reads all of it.
  package func examine(
    _ object: StoredObject, named name: String, unless stop: StopCheck = .never
  ) throws(DiagnosticError) -> Examination {
    let path = objectPath(object.digest)
    let found: FileDigest
    do throws(DiagnosticError) {
      guard let status = try fileSystem.status(of: path) else {
        return .damaged(.outputMissing(name))
      }
      guard status.kind == .file else {
        return .damaged(.outputUnreadable(name, "it is not a file"))
      }
      guard let read = try fileSystem.digest(of: path, unless: stop) else { return .interrupted }
      found = read
    } catch {
      return .damaged(.outputUnreadable(name, try error.reasonOfDamage))
    }
    if found.size != object.size {
      return .damaged(.outputResized(name, expected: object.size, found: found.size))
    }
    return found.digest == object.digest ? .sound : .damaged(.outputAltered(name))
  }

  /// The status of an object's file; `nil` if there is none, or the disk cannot look at it. As long as it does not change,
  /// the file has not been written to.
  package func status(of object: StoredObject) throws(DiagnosticError) -> FileStatus? {
    try readableStatus(of: objectPath(object.digest))
  }

  /// The status of a file, following links; `nil` also if the disk cannot look at it.
  func readableStatus(of path: FilePath) throws(DiagnosticError) -> FileStatus? {
    do throws(DiagnosticError) { return try fileSystem.status(of: path) } catch {
      guard error.indicatesDamage else { throw error }
      return nil
    }
  }

  /// Moves the damaged parts of a finished stage to `damaged/`, so that nothing uses them.
  ///
  /// What another process has replaced in the meantime remains, and so does what is merely missing or of another
  /// format.
  package func setAside(
    _ damage: ArtifactDamage, of fingerprint: Fingerprint
  ) throws(DiagnosticError) {
    switch damage {
    case .recordOfOtherFormat, .outputMissing: break
    case .recordDamaged:
      if case .unusable(.recordDamaged) = try record(for: fingerprint) {
        try setAsideRecord(of: fingerprint, since: "\(damage)")
      }
    // The object matches its digest, and may be correct for another stage.
    case .outputUnusable: try setAsideRecord(of: fingerprint, since: "\(damage)")
    case .outputResized(let name, _, _), .outputAltered(let name), .outputUnreadable(let name, _):
      guard case .found(let record) = try record(for: fingerprint),
        let object = record.outputs[name]
      else { return }
      if try setAside(object) { try? note(.damaged("\(damage)"), of: fingerprint) }
    }
  }

  /// Moves a record to `damaged/`, and notes why.
  func setAsideRecord(
    of fingerprint: Fingerprint, since damage: String
  ) throws(DiagnosticError) {
    guard try setAside(recordPath(fingerprint)) != nil else { return }
    // Without the note people know less, and all else is the same.
    try? note(.damaged(damage), of: fingerprint)
  }

  /// Moves an object whose content does not match its digest to `damaged/`.
  ///
  /// - Returns: whether it was damaged.
  @discardableResult
  package func setAside(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    let inode: UInt64?
    do throws(DiagnosticError) {
      guard let status = try fileSystem.status(of: path, followingLinks: false) else {
        return false
      }
      inode = status.inode
    } catch {
      guard error.indicatesDamage else { throw error }
      inode = nil
    }
    guard try !hasWhole(object) else { return false }
    guard let moved = try setAside(path) else { return false }
    // Another process may have restored the correct content at this very moment.
    if let inode, let now = try readableStatus(of: moved), now.inode != inode {
      try fileSystem.move(moved, to: path)
      return false
    }
    return true
  }

  /// - Returns: its new path; `nil` if another process was faster.
  @discardableResult
  func setAside(_ path: FilePath) throws(DiagnosticError) -> FilePath? {
    let number = String(UInt32.random(in: .min ... .max), radix: 36)
    func place(of path: FilePath) -> FilePath {
      damagedFolder.appending("\(path.lastComponent?.string ?? "")~\(number)")
    }
    if let kind = try fileSystem.status(of: damagedFolder)?.kind, kind != .folder {
      // It is itself in the place of the folder that it goes to.
      let passing = root.appending("damaged~\(number)")
      try fileSystem.move(damagedFolder, to: passing)
      try makeFolder(damagedFolder)
      try fileSystem.move(passing, to: place(of: damagedFolder))
      if path == damagedFolder { return place(of: path) }
    }
    try makeFolder(damagedFolder)
    let target = place(of: path)
    do throws(DiagnosticError) { try fileSystem.move(path, to: target) } catch {
      guard (try? fileSystem.status(of: path, followingLinks: false)) == .some(.none) else {
        throw error
      }
      return nil
    }
    return target
  }
}
