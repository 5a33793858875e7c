/// What a layer costs: parameters, and multiply-adds an image.
package struct LayerCost: Hashable, Sendable {
  package var layer: String
  /// Learnable values, running statistics left out.
  package var parameters: Int
  /// Multiplications and additions of the weighted operation, forward, for one image: two for each
  /// multiply-add.
  package var flops: Int
  /// The shape of one image's activations after the layer.
  package var output: Shape
}

extension NetworkDefinition {
  /// The cost of each layer, in order.
  ///
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func costs() throws(ShapeMismatch) -> [LayerCost] {
    let shapes = try shapes()
    let parameters = try parameters()
    return layers.indices.map { index in
      let layer = layers[index]
      let own = parameters.filter { $0.layer == layer.name && $0.role != .statistic }
      var flops = 0
      for (position, operation) in layer.operations.enumerated() {
        flops += operation.flops(from: shapes[index][position], to: shapes[index][position + 1])
      }
      return LayerCost(
        layer: layer.name, parameters: own.reduce(0) { $0 + $1.count }, flops: flops,
        output: shapes[index].last ?? input)
    }
  }
}
