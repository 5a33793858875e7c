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
  /// learns, draws random numbers or looks at other images. Those activations can be computed once an image, by a net of
  /// `operations: 0..<n` for inference, and given to a net of the other operations, with the bits of a
  /// plain run.
  ///
  /// - Parameter treatments: one for each layer.
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func frozenPrefix(under treatments: [LayerTreatment]) throws(ShapeMismatch) -> Int {
    var count = 0
    for ((layer, shapes), treatment) in zip(zip(layers, try shapes()), treatments) {
      let isLearning = treatment.verb.state == .learning
      for (operation, input) in zip(layer.operations, shapes) {
        let moves =
          isLearning && !operation.parameters(layer: layer.name, input: input).isEmpty
        guard !moves, operation.traits.isRepeatable(isLearning: isLearning) else { return count }
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
    let count = try frozenPrefix(under: treatments)
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
    guard flops > 0, count < operationCount else { return nil }
    return prefix
  }
}
