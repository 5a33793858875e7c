/// The leading operations of a network that give the same activations in every step of a training.
package struct FrozenPrefix: Hashable, Sendable {
  /// How many operations, counted through all layers.
  package var operations: Int
  /// The layer that the last of them belongs to.
  package var layer: String
  /// Whether they are all operations of that layer.
  package var isWholeLayer: Bool
  /// One image's activations after them.
  package var output: Shape
  /// Multiplications and additions of one image, see `LayerCost.flops`.
  package var flops: Int
}

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

  /// The frozen prefix with what it costs; `nil` where it has no products to save, or is the whole network.
  ///
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func costedPrefix(
    under treatments: [LayerTreatment]
  ) throws(ShapeMismatch) -> FrozenPrefix? {
    let count = frozenPrefix(under: treatments)
    var left = count
    var prefix: FrozenPrefix?
    var flops = 0
    for (layer, shapes) in zip(layers, try shapes()) where left > 0 {
      let own = min(left, layer.operations.count)
      left -= own
      for position in 0..<own {
        flops += layer.operations[position].flops(from: shapes[position], to: shapes[position + 1])
      }
      prefix = FrozenPrefix(
        operations: count, layer: layer.name, isWholeLayer: own == layer.operations.count,
        output: shapes[own], flops: flops)
    }
    guard flops > 0, count < layers.reduce(0, { $0 + $1.operations.count }) else { return nil }
    return prefix
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
