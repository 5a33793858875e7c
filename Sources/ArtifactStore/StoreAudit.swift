import Basics

/// The result of reading every byte of a store.
package struct StoreAudit: Sendable {
  /// Something that has changed since it was written, or that this user cannot read.
  package struct Finding: Hashable, Sendable {
    /// What is damaged: `stage 'base-A' of pipeline 'cifar10' (3f2a91c4ab12)`, `object 3f86…`.
    package var what: String
    /// The type of damage.
    package var damage: String
    package var state: State
  }

  /// What has become of a finding.
  package enum State: String, Hashable, Sendable {
    /// It is where it was.
    case there
    /// It was repaired, or moved to `damaged/`.
    case setAside = "set-aside"
    /// This user may not read it, so nothing is known of it. It is where it was.
    case denied
  }

  /// The number of records, objects and checkpoints read.
  package var records = 0
  package var objects = 0
  package var checkpoints = 0
  /// The number of other files: notes, logs, claims, activations.
  package var notes = 0
  /// The size of objects and checkpoints.
  package var bytes = 0
  package var findings: [Finding] = []
  /// The number of results with damage that only reading their files shows, so that plans count them as cached.
  package var hidden = 0
  /// The number of results of the latest runs that the store does not have: removed, set aside or lost.
  package var missing = 0

  package init() {}
}

extension StoreAudit: ValueConvertible {
  package var value: Value {
    [
      "format": 1, "records": .integer(records), "objects": .integer(objects),
      "checkpoints": .integer(checkpoints), "notes": .integer(notes), "bytes": .integer(bytes),
      "missing": .integer(missing), "hidden": .integer(hidden),
      "findings": .list(
        findings.map {
          [
            "what": .string($0.what), "damage": .string($0.damage),
            "state": .string($0.state.rawValue),
          ]
        }),
    ]
  }
}
