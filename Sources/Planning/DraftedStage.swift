import Basics

/// A stage as described by a pipeline, independent of earlier runs: its work, and what identifies its artifact.
///
/// A class, since plans of thousands of stages pass it on many times.
package final class DraftedStage: Sendable {
  /// Unique in the plan.
  package let name: String
  /// The work for its runner.
  package let work: any StageWork
  /// The position of the stage in a sweep; `nil` outside sweeps.
  package let sweep: SweepPoint?
  package let kind: StageKind
  /// The numerics revision of the kind, which is raised when code changes results.
  package let revision: Int
  private let declared: [StageSettings.Entry]
  package let inputs: [StageInput]
  /// The hash of kind, revision, settings and input fingerprints.
  package let fingerprint: Fingerprint

  /// All settings of the stage itself that determine its result, as declared by its work.
  package var settings: Value { StageSettings.value(of: declared) }

  /// - Parameter memory: the settings of earlier stages.
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
    self.declared = declared.entries
    var read = MapHasher(count: inputs.count)
    let isInOrder = zip(inputs, inputs.dropFirst()).allSatisfy { $0.role.precedesInUTF8($1.role) }
    for input in isInOrder ? inputs : inputs.sorted(by: { $0.role.precedesInUTF8($1.role) }) {
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
  /// The purpose of the input, unique within the stage: `data`, `source`, `network`, `evaluation 3`.
  package var role: String
  /// The name of the stage that produces it.
  package var stage: String
  /// What identifies the artifact: the fingerprint of that stage, or of the earlier one whose outputs it repeats.
  package var fingerprint: Fingerprint
  /// Whether `fingerprint` is only assumed until that stage has run.
  package var isAssumed: Bool

  package init(role: String, stage: String, fingerprint: Fingerprint, isAssumed: Bool = false) {
    self.role = role
    self.stage = stage
    self.fingerprint = fingerprint
    self.isAssumed = isAssumed
  }
}
