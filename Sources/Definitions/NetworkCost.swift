/// The cost of a layer: parameters, and operations per image.
package struct LayerCost: Hashable, Sendable {
  package var layer: String
  /// Learnable values, without running statistics.
  package var parameters: Int
  /// Multiplications and additions of weighted operations, forward, for one image: two for each
  /// multiply-add.
  package var flops: Int
  /// The shape of one image's activations after the layer.
  package var output: Shape
}

extension NetworkDefinition {
  /// The cost of each layer, in order.
  ///
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func costs() throws(ShapeMismatch) -> [LayerCost] {
    let graph = try NetworkGraph(self)
    var costs = zip(layers, graph.boundaries).map { layer, boundary in
      LayerCost(
        layer: layer.name, parameters: 0, flops: 0, output: graph.values[boundary.last ?? 0])
    }
    for step in graph.steps {
      costs[step.layer].flops += graph.flops(of: step)
      for parameter in graph.parameters(of: step, layer: costs[step.layer].layer)
      where parameter.role != .statistic {
        costs[step.layer].parameters += parameter.count
      }
    }
    return costs
  }
}
