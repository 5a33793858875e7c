import Definitions

extension NetworkDefinition {
  /// How many leading operations give the same activations in every step of a training: nothing in them
  /// learns or draws random numbers. Those activations can be computed once an image, by a net of
  /// `operations: 0..<n` for inference, and given to a net of the other operations, with the bits of a
  /// plain run.
  ///
  /// - Parameter treatments: one for each layer.
  package func frozenPrefix(under treatments: [LayerTreatment]) -> Int {
    var count = 0
    for (layer, treatment) in zip(layers, treatments) {
      for operation in layer.operations {
        let moves = operation.hasParameters && treatment.verb.state == .learning
        if moves || operation.isRandom { return count }
        count += 1
      }
    }
    return count
  }
}

extension Operation {
  fileprivate var hasParameters: Bool {
    switch self {
    case .convolution, .dense, .batchNorm: true
    case .relu, .tanh, .maxPool, .averagePool, .lrn, .dropout: false
    }
  }
}
