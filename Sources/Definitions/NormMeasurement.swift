/// The statistics that batch norms normalise by in a network whose weights are not those that training ended with.
package enum NormMeasurement: String, Hashable, Sendable, CaseIterable {
  /// Measured again with these weights, over training images: running statistics describe the activations of the network
  /// that they were collected in, and those of another one make it look worse than it is (Jordan et al. 2023).
  case measured
  /// Those that are stored with the weights.
  case stored

  /// At most this number of training batches is read to measure them.
  package static let mostBatches = 100
}

extension NetworkDefinition {
  /// Whether it has batch norms.
  ///
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func hasStatistics() throws(ShapeMismatch) -> Bool {
    try parameters().contains { $0.role == .statistic }
  }
}
