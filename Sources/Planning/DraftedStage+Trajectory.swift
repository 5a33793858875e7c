import Basics
import Definitions

extension DraftedStage {
  /// Identifies training runs that differ only in length and learning rates; `nil` for stages that do not train.
  package var trajectory: Fingerprint? {
    guard work.training != nil, var settings = settings.asMap,
      var solver = settings[SettingKey.solver]?.asMap
    else { return nil }
    for key in ["length", "rate"] { solver[key] = nil }
    settings[SettingKey.solver] = .map(solver)
    let value: Value = [
      "kind": .string(kind.rawValue), "revision": .integer(revision), "settings": .map(settings),
      "inputs": .map(
        Dictionary(
          uniqueKeysWithValues: inputs.map { ($0.role, .string($0.fingerprint.hexadecimal)) })),
    ]
    return value.fingerprint
  }
}

extension PlannedStage {
  /// The trajectory of its draft.
  package var trajectory: Fingerprint? { draft.trajectory }
}
