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

  /// - Parameter read: the stages whose artifacts are read as soon as the run is over: their contents are
  ///   compared with what was recorded.
  /// - Throws: `DiagnosticError` where the store cannot be read; `Interrupted`.
  init(
    of plan: Plan, in store: Store, read: Set<String>, check: InputCheck
  ) throws {
    try store.checkFormat()
    for (index, stage) in plan.stages.enumerated() where stage.status.reason != .forced {
      switch try store.artifact(for: stage.fingerprint) {
      case .found(let artifact):
        if read.contains(stage.name), let damage = try check.damage(of: artifact) {
          damages[index] = damage
        } else {
          artifacts[index] = artifact
        }
      case .unusable(let damage): damages[index] = damage
      case .absent: break
      }
    }
  }

  /// Notes that a stage's artifact cannot be used after all.
  mutating func note(_ damage: ArtifactDamage, of index: Int) { damages[index] = damage }

  /// Why a stage without artifact runs.
  func reason(for index: Int, _ plan: Plan) -> RunReason {
    if let damage = damages[index] { return .artifactMissing("\(damage)") }
    return plan.stages[index].status.reason ?? .artifactMissing("its record is missing")
  }
}
