import ArtifactStore
import Basics
import Planning

/// A plan made again once the stages that decide about others have run, and what has come of those.
struct Decided {
  let plan: Plan
  /// The outcomes of stages that the run has used, or produced, or that have failed, by position in the plan.
  private(set) var outcomes: [Int: StageOutcome] = [:]
  /// The artifacts among them.
  var artifacts: [Int: StoredArtifact] { outcomes.compactMapValues(\.artifact) }

  /// - Parameters:
  ///   - before: the plan that left stages open.
  ///   - queue: its stages with their outcomes.
  ///   - plan: the same stages, planned again.
  /// - Throws: `DiagnosticError` if the data has changed in the meantime.
  init(_ before: Plan, _ queue: RunQueue, plan: Plan) throws(DiagnosticError) {
    self.plan = plan
    guard plan.stages.map(\.name) == before.stages.map(\.name) else {
      throw Decided.dataHasChanged
    }
    for (index, outcome) in queue.outcomes.enumerated() {
      guard let outcome else { continue }
      guard
        outcome.artifact == nil
          || plan.stages[index].fingerprint == before.stages[index].fingerprint
      else { throw Decided.dataHasChanged }
      switch outcome {
      case .reused, .produced, .failed: outcomes[index] = outcome
      // They are skipped again where that is still so.
      case .skipped, .stopped, .notStarted: break
      }
    }
    // Only what could not be packed may still be open.
    for index in plan.deciding {
      guard case .failed? = outcomes[index] else { throw Decided.dataHasChanged }
    }
  }

  private static let dataHasChanged = DiagnosticError(
    "the data has changed since the plan was made",
    notes: [.init("run again to plan with its current content")])
}

extension Plan {
  /// Whether the fingerprints of some stages are only assumed.
  package var leavesOpen: Bool { stages.contains(where: \.isAssumed) }

  /// The positions of the stages on which that depends.
  package var deciding: Set<Int> { Set(stages.indices.filter { stages[$0].decides }) }
}
