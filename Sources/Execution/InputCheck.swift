import ArtifactStore
import Basics

/// Compares stored contents with their recorded digests before a stage reads them: once per run, and again if a file
/// has been modified since.
final class InputCheck: Sendable {
  private let store: Store
  private let stop: StopCheck
  private let objects = Monitor(Objects())

  private struct Objects {
    /// Objects whose content was verified or written in this run, with the status of their files at that time.
    var sound: [Fingerprint: FileStatus] = [:]
    /// Objects that are being read: stages that start together and share an object read it only once.
    var reading: Set<Fingerprint> = []
  }

  /// The stages whose artifacts were written in this run.
  private let made = Guarded<Set<Fingerprint>>([])

  init(store: Store, unless stop: StopCheck) {
    self.store = store
    self.stop = stop
  }

  /// The first damage of an artifact; `nil` if it can be used.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read; `Interrupted`.
  func damage(of artifact: StoredArtifact) throws -> ArtifactDamage? {
    try first(of: artifact, unless: stop) { _, _ in true }
  }

  /// The first damage of an artifact's files since they were verified; anything read from them in the meantime may be
  /// wrong. A file that was removed or replaced was intact until then.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read.
  func alteration(of artifact: StoredArtifact) throws -> ArtifactDamage? {
    // A computed result is worth verifying its inputs for, even in a run that is about to stop.
    try first(of: artifact, unless: .never) { known, found in
      found != nil && known?.inode == found?.inode
    }
  }

  private func first(
    of artifact: StoredArtifact, unless stop: StopCheck,
    where isExamined: (_ known: FileStatus?, _ found: FileStatus?) -> Bool
  ) throws -> ArtifactDamage? {
    for (name, object) in artifact.record.outputs.sorted(by: { $0.key < $1.key }) {
      if let damage = try damage(of: object, named: name, unless: stop, where: isExamined) {
        return damage
      }
    }
    return nil
  }

  private func damage(
    of object: StoredObject, named name: String, unless stop: StopCheck,
    where isExamined: (_ known: FileStatus?, _ found: FileStatus?) -> Bool
  ) throws -> ArtifactDamage? {
    // Taken before the file is read, so that writes during reading show up in the next check.
    let found = try store.status(of: object)
    let digest = object.digest
    let isRead = objects.wait(until: { !$0.reading.contains(digest) }) { objects in
      let known = objects.sound[digest]
      if found != nil && known == found || !isExamined(known, found) { return false }
      objects.reading.insert(digest)
      return true
    }
    guard isRead else { return nil }
    defer { objects.wait { _ = $0.reading.remove(digest) } }
    switch try store.examine(object, named: name, unless: stop) {
    case .interrupted: throw Interrupted()
    case .damaged(let damage): return damage
    case .sound:
      objects.wait { $0.sound[digest] = found }
      return nil
    }
  }

  /// Whether this run has produced a stage's artifact.
  func hasMade(_ fingerprint: Fingerprint) -> Bool { made.withLock { $0.contains(fingerprint) } }

  /// Records an artifact written in this run: its contents were hashed while writing.
  func trust(_ artifact: StoredArtifact) {
    made.withLock { _ = $0.insert(artifact.record.fingerprint) }
    for object in artifact.record.outputs.values {
      // If the status of the file is unknown, the file is read when it is needed.
      let status = try? store.status(of: object)
      objects.wait { $0.sound[object.digest] = status }
    }
  }
}
