import Basics
import SystemPackage

/// The provenance of a finished stage, stored under its fingerprint and never changed.
package struct StageRecord: Sendable, Equatable {
  package var fingerprint: Fingerprint
  /// The stage's name and pipeline when it ran; later runs may use other names.
  package var stage: String
  package var pipeline: String
  package var kind: String
  package var revision: Int
  package var settings: Value
  /// Fingerprints of the inputs, by role.
  package var inputs: [String: Fingerprint]
  /// The digests of the files that it could read, by role and name: the outputs that its inputs had, and
  /// whatever else decided the result: activations of frozen layers, the result of a shorter training run. `nil` in records of programs that
  /// did not tell.
  package var read: [String: [String: Fingerprint]]?
  /// The artifact's files, by name.
  package var outputs: [String: StoredObject]
  package var metrics: Value
  package var provenance: Value
  /// The start in seconds since 1970, and the duration.
  package var started: Double
  package var seconds: Double

  package init(
    fingerprint: Fingerprint, stage: String, pipeline: String, kind: String, revision: Int,
    settings: Value, inputs: [String: Fingerprint], read: [String: [String: Fingerprint]]? = nil,
    outputs: [String: StoredObject], metrics: Value, provenance: Value, started: Double,
    seconds: Double
  ) {
    self.fingerprint = fingerprint
    self.stage = stage
    self.pipeline = pipeline
    self.kind = kind
    self.revision = revision
    self.settings = settings
    self.inputs = inputs
    self.read = read
    self.outputs = outputs
    self.metrics = metrics
    self.provenance = provenance
    self.started = started
    self.seconds = seconds
  }
}

extension StageRecord {
  /// `stage 'base-A' of pipeline 'cifar10' (3f2a91c4ab12)`
  package var place: String { "stage '\(stage)' of pipeline '\(pipeline)' (\(fingerprint.short))" }

  private static let statePrefix = "state "

  /// The role in `read` of the artifact of a finished training run that a longer one resumed from.
  package static func stateRole(of fingerprint: Fingerprint) -> String {
    statePrefix + fingerprint.hexadecimal
  }

  /// The stages that the result was computed from, by role: the inputs, and training runs that it resumed from.
  var sources: [String: Fingerprint] {
    var sources = inputs
    for role in (read ?? [:]).keys where role.hasPrefix(StageRecord.statePrefix) {
      sources[role] = Fingerprint(
        hexadecimal: String(role.dropFirst(StageRecord.statePrefix.count)))
    }
    return sources
  }
}

/// A file in the store, identified by its content.
package struct StoredObject: Hashable, Sendable {
  /// SHA-256 of the content.
  package var digest: Fingerprint
  /// In bytes.
  package var size: Int

  package init(digest: Fingerprint, size: Int) {
    self.digest = digest
    self.size = size
  }

  /// Larger sizes indicate damage; the sum of a million of these does not overflow.
  package static let sizes = 0...(1 << 43)
}

/// One of a stage's outputs in the store.
package struct NamedObject: Hashable, Sendable {
  /// The name of the output in the artifact.
  package var name: String
  package var object: StoredObject

  package init(name: String, object: StoredObject) {
    self.name = name
    self.object = object
  }
}

/// The outputs of a finished stage, ready to be read.
package struct StoredArtifact: Sendable {
  package var record: StageRecord
  /// The path of each output. The files are read-only.
  package var files: [String: FilePath]

  package init(record: StageRecord, files: [String: FilePath]) {
    self.record = record
    self.files = files
  }
}
