import Basics
import SystemPackage

extension Store {
  /// What is wrong with one output of an artifact; `nil` where its content is as recorded. Reads all of it.
  package func damage(
    of object: StoredObject, named name: String
  ) throws(DiagnosticError) -> ArtifactDamage? {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path), status.kind == .file else {
      return .outputMissing(name)
    }
    let found = try fileSystem.digest(of: path)
    if found.size != object.size {
      return .outputResized(name, expected: object.size, found: found.size)
    }
    return found.digest == object.digest ? nil : .outputAltered(name)
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
        try setAside(recordPath(fingerprint))
      }
    case .outputResized(let name, _, _), .outputAltered(let name):
      guard case .found(let record) = try record(for: fingerprint),
        let object = record.outputs[name]
      else { return }
      try setAside(object)
    }
  }

  /// Moves a record to `damaged/`.
  func setAsideRecord(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try setAside(recordPath(fingerprint))
  }

  /// Moves an object whose content is not what its name says to `damaged/`.
  ///
  /// - Returns: whether it was so.
  @discardableResult
  package func setAside(_ object: StoredObject) throws(DiagnosticError) -> Bool {
    let path = objectPath(object.digest)
    guard let status = try fileSystem.status(of: path), status.kind == .file else { return false }
    let found = try fileSystem.digest(of: path)
    guard found != FileDigest(digest: object.digest, size: object.size) else { return false }
    guard let moved = try setAside(path) else { return false }
    // Another process may have put the right content there in this instant.
    if let now = try fileSystem.status(of: moved), now.inode != status.inode {
      try fileSystem.move(moved, to: path)
      return false
    }
    return true
  }

  /// - Returns: where it is now; `nil` where somebody else was faster.
  @discardableResult
  private func setAside(_ path: FilePath) throws(DiagnosticError) -> FilePath? {
    try makeFolder(damagedFolder)
    let number = String(UInt32.random(in: .min ... .max), radix: 36)
    let target = damagedFolder.appending("\(path.lastComponent?.string ?? "")~\(number)")
    do throws(DiagnosticError) { try fileSystem.move(path, to: target) } catch {
      if try fileSystem.exists(path) { throw error }
      return nil
    }
    return target
  }
}
