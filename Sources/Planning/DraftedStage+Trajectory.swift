import Basics
import Definitions

extension DraftedStage {
  /// Identifies training runs that differ only in length and learning rates; `nil` for stages that do not train. The
  /// length counts too where it decides which weights are kept: a shorter run measures, and averages, at its end.
  package var trajectory: Fingerprint? {
    guard let training = work.training, var settings = settings.asMap,
      var solver = settings[SettingKey.solver]?.asMap
    else { return nil }
    solver["rate"] = nil
    if training.endsWithLastWeights { solver["length"] = nil }
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
