/// One learnable blob, or one running statistic, of a network.
package struct ParameterDefinition: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    case weight, bias
    /// Batch norm's running mean or variance: updated by training steps, not by gradients.
    case statistic
  }

  /// Unique in the network, in PyTorch's manner: `conv1.weight`, `conv1.norm.running_mean`.
  package var name: String
  /// The name of the layer it belongs to.
  package var layer: String
  package var role: Role
  /// In PyTorch's layout: filters × channels/groups × height × width; units × inputs; or a length.
  package var shape: [Int]
  package var initializer: Initializer
  /// The number of inputs that one output value sums over; what xavier and he scale by.
  package var fanIn: Int
  /// Factors on the solver's rate and decay.
  package var rate: Double
  package var decay: Double

  package var count: Int { shape.reduce(1, *) }

  /// Whether training moves it, where its layer is treated so.
  package func learns(under treatment: LayerTreatment) -> Bool {
    treatment.verb.state == .learning && role != .statistic && rate * treatment.rate != 0
  }
}

extension NetworkDefinition {
  /// The parameters in order: layer by layer, weights before biases.
  ///
  /// - Parameter operations: which operations' (counted through all layers); by default all of them.
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func parameters(
    of operations: Range<Int> = 0..<Int.max
  ) throws(ShapeMismatch) -> [ParameterDefinition] {
    let graph = try NetworkGraph(self)
    return graph.steps.filter { operations.contains($0.operation) }.flatMap {
      graph.parameters(of: $0, layer: layers[$0.layer].name)
    }
  }
}
