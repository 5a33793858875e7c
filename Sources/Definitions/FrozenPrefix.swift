/// The leading operations of a network that give the same activations in every step of a training.
package struct FrozenPrefix: Hashable, Sendable {
  /// How many operations, counted through all layers; one with paths counts once.
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
    let graph = try NetworkGraph(self)
    for step in graph.steps {
      let treatment = treatments[step.layer]
      let moves =
        treatment.verb.state == .learning
        && !graph.parameters(of: step, layer: layers[step.layer].name).isEmpty
      guard !moves,
        step.settings.traits.isRepeatable(normalizesByBatch: treatment.normalizesByBatch)
      else {
        // An operation that joins paths is repeatable where all on its paths are.
        return step.operation
      }
    }
    return operationCount
  }

  /// The frozen prefix with what it costs; `nil` where it has no products to save, or is the whole network.
  ///
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func costedPrefix(
    under treatments: [LayerTreatment]
  ) throws(ShapeMismatch) -> FrozenPrefix? {
    let count = try frozenPrefix(under: treatments)
    guard count < operationCount else { return nil }
    let graph = try NetworkGraph(self)
    let steps = graph.steps.filter { $0.operation < count }
    let flops = steps.reduce(0) { $0 + graph.flops(of: $1) }
    guard flops > 0, let last = steps.last else { return nil }
    let layer = layers[last.layer]
    return FrozenPrefix(
      operations: count, layer: layer.name,
      isWholeLayer: last.place[0] == layer.operations.count - 1,
      output: graph.output(of: last), flops: flops)
  }
}
