/// The leading operations of a network whose activations are the same in every training step.
package struct FrozenPrefix: Hashable, Sendable {
  /// How many operations, counted through all layers; one with paths counts once.
  package var operations: Int
  /// The layer of the last operation.
  package var layer: String
  /// Whether it includes all operations of that layer.
  package var isWholeLayer: Bool
  /// One image's activations after the last operation.
  package var output: Shape
  /// Operations per image, see `LayerCost.flops`.
  package var flops: Int
}

extension NetworkDefinition {
  /// The number of leading operations whose activations are the same in every training step: nothing in them learns,
  /// draws random numbers or looks at other images. These activations can be computed once per image, by an inference
  /// net with `operations: 0..<n`, and passed to a net with the other operations, with the same bits as in an
  /// ordinary run.
  ///
  /// - Parameter treatments: one for each layer.
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func frozenPrefix(under treatments: [LayerTreatment]) throws(ShapeMismatch) -> Int {
    frozenPrefix(of: try NetworkGraph(self), under: treatments)
  }

  /// - Parameter graph: the network's.
  private func frozenPrefix(of graph: NetworkGraph, under treatments: [LayerTreatment]) -> Int {
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

  /// The frozen prefix with its cost; `nil` if it has no products to save, or is the entire network.
  ///
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func costedPrefix(
    under treatments: [LayerTreatment]
  ) throws(ShapeMismatch) -> FrozenPrefix? {
    let graph = try NetworkGraph(self)
    let count = frozenPrefix(of: graph, under: treatments)
    guard count < operationCount else { return nil }
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
