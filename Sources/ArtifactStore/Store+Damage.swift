import Basics
import SystemPackage

extension Store {
  /// What a look at the whole content of an output tells.
  package enum Examination: Hashable, Sendable {
    /// It is as recorded.
    case sound
    case damaged(ArtifactDamage)
    /// It was not read to its end.
    case interrupted
  }

  /// Compares the content of one output of an artifact with what was recorded. Reads all of it.
  package func examine(
    _ object: StoredObject, named name: String, unless stop: StopCheck = .never
  ) throws(DiagnosticError) -> Examination {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path) else {
      return .damaged(.outputMissing(name))
    }
    guard status.kind == .file else {
      return .damaged(.outputUnreadable(name, "it is not a file"))
    }
    let found: FileDigest
    do throws(DiagnosticError) {
      guard let read = try fileSystem.digest(of: path, unless: stop) else { return .interrupted }
      found = read
    } catch {
      guard error.tellsOfDamage else { throw error }
      return .damaged(.outputUnreadable(name, error.diagnostics.first?.message ?? ""))
    }
    if found.size != object.size {
      return .damaged(.outputResized(name, expected: object.size, found: found.size))
    }
    return found.digest == object.digest ? .sound : .damaged(.outputAltered(name))
  }

  /// What the file system knows of an object's file; `nil` where there is none. As long as it stays the same,
  /// nobody has written into the file.
  package func status(of object: StoredObject) throws(DiagnosticError) -> FileStatus? {
    try fileSystem.status(of: objectPath(object.digest))
  }

  /// Moves what is damaged of a finished stage to `damaged/`, so that nobody uses it.
  ///
  /// What somebody else has replaced meanwhile stays, and so does what is merely missing or of another
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
    // The object is what its name says, and may be right for another stage.
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

  /// Moves an object whose content is not what its name says to `damaged/`.
  ///
  /// - Returns: whether it was so.
  @discardableResult
  package func setAside(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path, followingLinks: false) else { return false }
    guard try !hasWhole(object) else { return false }
    guard let moved = try setAside(path) else { return false }
    // Another process may have put the right content there in this instant.
    if let now = try fileSystem.status(of: moved, followingLinks: false), now.inode != status.inode
    {
      try fileSystem.move(moved, to: path)
      return false
    }
    return true
  }

  /// - Returns: where it is now; `nil` where somebody else was faster.
  @discardableResult
  func setAside(_ path: FilePath) throws(DiagnosticError) -> FilePath? {
    try makeFolder(damagedFolder)
    let number = String(UInt32.random(in: .min ... .max), radix: 36)
    let target = damagedFolder.appending("\(path.lastComponent?.string ?? "")~\(number)")
    do throws(DiagnosticError) { try fileSystem.move(path, to: target) } catch {
      if try fileSystem.status(of: path, followingLinks: false) != nil { throw error }
      return nil
    }
    return target
  }
}
