/// What a run allows for the activations of frozen layers.
package struct ActivationPolicy: Hashable, Sendable {
  /// Bytes that a store may keep of them; 0 for none.
  package var budget: Int
  /// Whether they are also kept where computing them in every step would take no longer.
  package var keepsWithoutGain: Bool

  package init(budget: Int, keepsWithoutGain: Bool = false) {
    self.budget = budget
    self.keepsWithoutGain = keepsWithoutGain
  }

  /// What is allowed unless the user says otherwise.
  package static let usual = ActivationPolicy(budget: 10_000_000_000)
}
