/// One learnable blob, or one running statistic, of a network.
package struct ParameterDefinition: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    case weight, bias
    /// The running mean or variance of a batch norm: updated by training steps, not by gradients.
    case statistic
  }

  /// Unique in the network, in PyTorch's style: `conv1.weight`, `conv1.norm.running_mean`.
  package var name: String
  /// The name of its layer.
  package var layer: String
  package var role: Role
  /// In PyTorch's layout: filters × channels/groups × height × width; units × inputs; or a length.
  package var shape: [Int]
  package var initializer: Initializer
  /// The number of inputs of one output value; xavier and he scale by it.
  package var fanIn: Int
  /// Factors on the solver's learning rate and weight decay.
  package var rate: Double
  package var decay: Double

  package var count: Int { shape.reduce(1, *) }

  /// Whether training updates it under the given treatment of its layer.
  package func learns(under treatment: LayerTreatment) -> Bool {
    treatment.verb.state == .learning && role != .statistic && rate * treatment.rate != 0
  }
}

extension NetworkDefinition {
  /// The parameters in order: layer by layer, weights before biases.
  ///
  /// - Parameter operations: the range of operations (counted over all layers); by default all.
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func parameters(
    of operations: Range<Int> = 0..<Int.max
  ) throws(ShapeMismatch) -> [ParameterDefinition] {
    let graph = try NetworkGraph(self)
    return graph.steps.filter { operations.contains($0.operation) }.flatMap {
      graph.parameters(of: $0, layer: layers[$0.layer].name)
    }
  }
}
