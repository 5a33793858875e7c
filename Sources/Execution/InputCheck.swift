import ArtifactStore
import Basics
import Synchronization

/// Compares stored contents with their recorded digests, each object once a run, before a stage reads it.
final class InputCheck: Sendable {
  private let store: Store
  private let stop: StopCheck
  /// Objects whose content was as recorded when it was read, or was written in this run.
  ///
  /// The lock is held while an object is read: stages that start together and share one wait for one
  /// reading of it.
  private let sound = Mutex<Set<Fingerprint>>([])

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
    for (name, object) in artifact.record.outputs.sorted(by: { $0.key < $1.key }) {
      let damage = try sound.withLock { sound -> ArtifactDamage? in
        if sound.contains(object.digest) { return nil }
        switch try store.examine(object, named: name, unless: stop) {
        case .interrupted: throw Interrupted()
        case .damaged(let damage): return damage
        case .sound:
          sound.insert(object.digest)
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
    sound.withLock { $0.formUnion(artifact.record.outputs.values.map(\.digest)) }
  }
}
