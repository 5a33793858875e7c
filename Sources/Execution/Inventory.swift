import ArtifactStore
import Basics
import Planning

/// What the store has of a plan when its run begins.
///
/// The plan has been made earlier: its word for what is cached is checked once more.
struct Inventory: Sendable {
  /// The artifacts to reuse, by position in the plan.
  private(set) var artifacts: [Int: StoredArtifact] = [:]
  /// Why artifacts cannot be used, by position in the plan.
  private(set) var damages: [Int: ArtifactDamage] = [:]

  init(of plan: Plan, in store: Store) throws(DiagnosticError) {
    try store.checkFormat()
    for (index, stage) in plan.stages.enumerated() where stage.status.reason != .forced {
      switch try store.artifact(for: stage.fingerprint) {
      case .found(let artifact): artifacts[index] = artifact
      case .unusable(let damage): damages[index] = damage
      case .absent: break
      }
    }
  }

  /// Why a stage without artifact runs.
  func reason(for index: Int, _ plan: Plan) -> RunReason {
    if let damage = damages[index] { return .artifactMissing("\(damage)") }
    return plan.stages[index].status.reason ?? .artifactMissing("its record is missing")
  }
}
