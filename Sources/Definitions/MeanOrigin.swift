/// Which mean image a transfer subtracts.
package enum MeanOrigin: String, Hashable, Sendable, CaseIterable {
  /// That of the images it is trained on.
  case target
  /// The one that the source stage subtracts, as in the paper's runs.
  case source
}
