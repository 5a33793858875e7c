/// An operation whose input has an unsuitable shape.
package struct ShapeMismatch: Error, Equatable {
  /// The layer's name, and its position in the network.
  package var layer: String
  package var layerIndex: Int
  /// Where the operation stands in the layer: see `NetworkGraph.Step.place`.
  package var place: [Int]
  /// The shape of the operation's input.
  package var input: Shape
  /// The problem in words, with the shapes.
  package var message: String
  /// The operation's paths that do not fit each other, where it joins some.
  package var paths: [Int] = []
}

/// The reason why a shape is unsuitable.
package struct ShapeComplaint: Error, ExpressibleByStringInterpolation {
  package var message: String

  package init(message: String) { self.message = message }
  package init(stringLiteral message: String) { self.message = message }
}

extension NetworkDefinition {
  /// The shapes between a layer's operations: for each layer, its input followed by what each operation makes.
  ///
  /// - Throws: `ShapeMismatch` for the first operation that does not fit.
  package func shapes() throws(ShapeMismatch) -> [[Shape]] {
    let graph = try NetworkGraph(self)
    return graph.boundaries.map { $0.map { graph.values[$0] } }
  }
}
