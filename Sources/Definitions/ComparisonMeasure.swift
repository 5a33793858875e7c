/// How two networks, or a network before and after training, are compared layer by layer.
package enum ComparisonMeasure: String, Hashable, Sendable, CaseIterable {
  /// Linear centred kernel alignment of activations, of each layer with each (Kornblith et al. 2019).
  case cka
  /// Mean canonical correlation of activations, of each layer with each (Raghu et al. 2017).
  case svcca
  /// The distance between parameters of layers with the same names.
  case weights

  /// Covariances of more values than this, of all layers together, take too much memory.
  package static let mostCorrelated = 8192

  package var readsActivations: Bool { self != .weights }
}
