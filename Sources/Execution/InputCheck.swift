import ArtifactStore
import Basics
import Synchronization

/// Compares stored contents with their recorded digests before a stage reads them: once a run, and again where
/// a file has been touched since.
final class InputCheck: Sendable {
  private let store: Store
  private let stop: StopCheck
  /// Objects whose content was as recorded when it was read, or was written in this run, and what their files
  /// were like at that time.
  ///
  /// The lock is held while an object is read: stages that start together and share one wait for one
  /// reading of it.
  private let sound = Mutex<[Fingerprint: FileStatus]>([:])

  /// The stages whose artifacts were written in this run.
  private let made = Mutex<Set<Fingerprint>>([])

  init(store: Store, unless stop: StopCheck) {
    self.store = store
    self.stop = stop
  }

  /// The first damage of an artifact; `nil` where it can be used.
  ///
  /// - Throws: `DiagnosticError` where it cannot be read; `Interrupted`.
  func damage(of artifact: StoredArtifact) throws -> ArtifactDamage? {
    try first(of: artifact, unless: stop) { _, _ in true }
  }

  /// The first damage that files of an artifact have got in their places since they were found sound: what
  /// has been read of them meanwhile may be wrong. A file that was removed or replaced was well until then.
  ///
  /// - Throws: `DiagnosticError` where it cannot be read.
  func alteration(of artifact: StoredArtifact) throws -> ArtifactDamage? {
    // What a stage has computed is worth the reading of its inputs, even in a run that is to stop.
    try first(of: artifact, unless: .never) { known, found in
      found != nil && known?.inode == found?.inode
    }
  }

  private func first(
    of artifact: StoredArtifact, unless stop: StopCheck,
    where isExamined: (_ known: FileStatus?, _ found: FileStatus?) -> Bool
  ) throws -> ArtifactDamage? {
    for (name, object) in artifact.record.outputs.sorted(by: { $0.key < $1.key }) {
      let damage = try sound.withLock { sound -> ArtifactDamage? in
        // Before it is read: what is written meanwhile shows at the next look.
        let found = try store.status(of: object)
        let known = sound[object.digest]
        if found != nil && known == found || !isExamined(known, found) { return nil }
        switch try store.examine(object, named: name, unless: stop) {
        case .interrupted: throw Interrupted()
        case .damaged(let damage): return damage
        case .sound:
          sound[object.digest] = found
          return nil
        }
      }
      if let damage { return damage }
    }
    return nil
  }

  /// Whether this run has made a stage's artifact.
  func hasMade(_ fingerprint: Fingerprint) -> Bool { made.withLock { $0.contains(fingerprint) } }

  /// Takes note of an artifact that was written in this run: its contents were hashed on the way.
  func trust(_ artifact: StoredArtifact) {
    made.withLock { _ = $0.insert(artifact.record.fingerprint) }
    sound.withLock { sound in
      // Where nothing is known of the file, it is read when it is needed.
      for object in artifact.record.outputs.values {
        sound[object.digest] = try? store.status(of: object)
      }
    }
  }
}
