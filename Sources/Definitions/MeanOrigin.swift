/// Whose mean image a transfer subtracts.
package enum MeanOrigin: String, Hashable, Sendable, CaseIterable {
  /// That of the images it is trained on.
  case target
  /// That which the stage subtracts that layers are copied from, as in the paper's runs.
  case source
}
