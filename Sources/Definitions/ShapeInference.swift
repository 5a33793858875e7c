/// An operation that does not fit what it is given.
package struct ShapeMismatch: Error, Equatable {
  /// The layer's name, and its position in the network.
  package var layer: String
  package var layerIndex: Int
  /// The operation's position in the layer.
  package var operationIndex: Int
  /// The shape that reaches the operation.
  package var input: Shape
  /// What is wrong, in words, with the shapes.
  package var message: String
}

/// The reason why a shape does not fit.
package struct ShapeComplaint: Error, ExpressibleByStringInterpolation {
  package var message: String

  package init(stringLiteral message: String) { self.message = message }
}

extension NetworkDefinition {
  /// The shapes between operations: for each layer, its input followed by what each operation makes.
  ///
  /// - Throws: `ShapeMismatch` for the first operation that does not fit.
  package func shapes() throws(ShapeMismatch) -> [[Shape]] {
    var current = input
    var result: [[Shape]] = []
    for (layerIndex, layer) in layers.enumerated() {
      var shapes = [current]
      for (operationIndex, operation) in layer.operations.enumerated() {
        switch operation.outputShape(for: current) {
        case .success(let output):
          current = output
          shapes.append(output)
        case .failure(let complaint):
          throw ShapeMismatch(
            layer: layer.name, layerIndex: layerIndex, operationIndex: operationIndex,
            input: current, message: complaint.message)
        }
      }
      result.append(shapes)
    }
    return result
  }
}
