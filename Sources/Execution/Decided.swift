import ArtifactStore
import Basics
import Planning

/// A plan made again once the stages that decide about others have run, and what has come of those.
struct Decided {
  let plan: Plan
  /// The artifacts that the run has used or produced so far, by position in the plan.
  private(set) var artifacts: [Int: StoredArtifact] = [:]
  /// The outcomes of stages that failed, by position.
  private(set) var failures: [Int: StageOutcome] = [:]

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
      if let artifact = outcome.artifact {
        guard plan.stages[index].fingerprint == before.stages[index].fingerprint else {
          throw Decided.dataHasChanged
        }
        artifacts[index] = artifact
      } else if case .failed = outcome {
        failures[index] = outcome
      }
    }
    // Only what could not be packed may still be open.
    for index in plan.deciding where failures[index] == nil { throw Decided.dataHasChanged }
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
