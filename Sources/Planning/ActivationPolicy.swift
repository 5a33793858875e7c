/// The options of a run for caching activations of frozen layers.
package struct ActivationPolicy: Hashable, Sendable {
  /// The maximum size of cached activations in a store, in bytes; 0 turns caching off.
  package var budget: Int
  /// Whether they are also cached if recomputing them in every step would be no slower.
  package var keepsWithoutGain: Bool

  package init(budget: Int, keepsWithoutGain: Bool = false) {
    self.budget = budget
    self.keepsWithoutGain = keepsWithoutGain
  }

  /// The default policy.
  package static let usual = ActivationPolicy(budget: 10_000_000_000)
}
