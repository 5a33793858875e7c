import ArtifactStore
import Basics

/// One stage of a plan: the drafted stage and the decisions about it.
package struct PlannedStage: Sendable {
  package let draft: DraftedStage
  package var status: StageStatus
  /// Whether its fingerprint is only assumed until a stage that it depends on has run.
  package var isAssumed = false
  /// Whether the fingerprints of stages that depend on it are assumed until it has run.
  package var decides = false
  /// The state that it resumes from; `nil` if it starts from the beginning.
  package var continuation: Continuation?
  /// An unfinished training run of the same name under other settings, which it does not resume from.
  package var superseded: InterruptedTraining?
  /// How the activations of frozen layers are used; `nil` for stages without any, or that do not run.
  package var prefixReuse: PrefixReuse?
  /// `nil` until costs are estimated, and for stages without an estimate.
  package var cost: StageCost?

  package init(_ draft: DraftedStage, status: StageStatus, continuation: Continuation? = nil) {
    self.draft = draft
    self.status = status
    self.continuation = continuation
  }

  package var name: String { draft.name }
  package var kind: StageKind { draft.kind }
  package var fingerprint: Fingerprint { draft.fingerprint }
  package var revision: Int { draft.revision }
  package var settings: Value { draft.settings }
  package var inputs: [StageInput] { draft.inputs }
  package var work: any StageWork { draft.work }
  package var sweep: SweepPoint? { draft.sweep }
}
