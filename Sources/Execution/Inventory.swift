import ArtifactStore
import Basics
import Planning

/// The artifacts of a plan in the store when its run starts.
///
/// The plan was made earlier, so its cached stages are checked again.
struct Inventory: Sendable {
  /// The artifacts to reuse, by position in the plan.
  private(set) var artifacts: [Int: StoredArtifact] = [:]
  /// Why artifacts cannot be used, by position in the plan.
  private(set) var damages: [Int: ArtifactDamage] = [:]

  /// - Parameters:
  ///   - read: the stages whose artifacts are read right after the run: their contents are verified.
  ///   - made: artifacts that this run has already used or produced, by position in the plan.
  /// - Throws: `DiagnosticError` if the store cannot be read; `Interrupted`.
  init(
    of plan: Plan, in store: Store, read: Set<String>, check: InputCheck,
    having made: [Int: StoredArtifact] = [:]
  ) throws {
    try store.checkFormat()
    artifacts = made
    for (index, stage) in plan.stages.enumerated()
    where stage.status.reason != .forced && !stage.isAssumed && made[index] == nil {
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

  /// The number of stages that have to run for certain; those that do the same work count once.
  func runs(of plan: Plan) -> Int {
    Set(
      plan.stages.indices.filter { artifacts[$0] == nil && !plan.stages[$0].status.isOpen }
        .map { plan.stages[$0].fingerprint }
    ).count
  }

  /// Records that a stage's artifact cannot be used after all.
  mutating func note(_ damage: ArtifactDamage, of index: Int) { damages[index] = damage }

  /// The reason why a stage without an artifact runs.
  func reason(for index: Int, _ plan: Plan) -> RunReason {
    if let damage = damages[index] { return .artifactMissing("\(damage)") }
    return plan.stages[index].status.reason ?? .artifactMissing("its record is missing")
  }
}
