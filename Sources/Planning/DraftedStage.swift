import Basics

/// A stage as a pipeline describes it, whatever has run before: what it does, and what identifies its artifact.
package struct DraftedStage: Sendable {
  /// Unique in the plan.
  package let name: String
  /// What it does, for its runner.
  package let work: any StageWork
  /// Where the stage stands in a sweep; `nil` outside of one.
  package let sweep: SweepPoint?
  package let kind: StageKind
  /// The numerics revision of the kind: raised when code changes what it computes.
  package let revision: Int
  /// Everything of the stage's own that decides its result, as its work declares it.
  package let settings: Value
  package let inputs: [StageInput]
  /// Over kind, revision, settings and the inputs' fingerprints.
  package let fingerprint: Fingerprint

  /// - Parameter memory: knows settings that earlier stages had.
  package init(
    _ name: String, _ work: any StageWork, sweep: SweepPoint? = nil,
    memory: SettingsMemory = SettingsMemory()
  ) {
    self.name = name
    self.work = work
    self.sweep = sweep
    kind = work.kind
    revision = work.revision
    inputs = work.inputs
    var declared = StageSettings(memory)
    work.declare(&declared)
    settings = declared.value
    var read = MapHasher(count: inputs.count)
    for input in inputs.sorted(by: { $0.role.utf8.lexicographicallyPrecedes($1.role.utf8) }) {
      read.add(input.role, input.fingerprint)
    }
    var identity = MapHasher(count: 4)
    identity.add("inputs", read.finalized())
    identity.add("kind", .string(kind.rawValue))
    identity.add("revision", .integer(revision))
    identity.add("settings", declared.fingerprint)
    fingerprint = identity.finalized()
  }
}

/// An artifact that a stage reads.
package struct StageInput: Hashable, Sendable {
  /// What the stage uses it for, unique in the stage: `data`, `source`, `network`, `evaluation 3`.
  package var role: String
  /// The name of the stage that makes it.
  package var stage: String
  package var fingerprint: Fingerprint

  package init(role: String, stage: String, fingerprint: Fingerprint) {
    self.role = role
    self.stage = stage
    self.fingerprint = fingerprint
  }
}
