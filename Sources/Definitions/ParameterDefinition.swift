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
}

extension NetworkDefinition {
  /// Every parameter in order: layer by layer, weights before biases.
  ///
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func parameters() throws(ShapeMismatch) -> [ParameterDefinition] {
    let shapes = try shapes()
    var result: [ParameterDefinition] = []
    for (layer, layerShapes) in zip(layers, shapes) {
      for (operation, input) in zip(layer.operations, layerShapes) {
        result += operation.parameters(layer: layer.name, input: input)
      }
    }
    return result
  }
}

extension Operation {
  func parameters(layer: String, input: Shape) -> [ParameterDefinition] {
    switch self {
    case .convolution(let convolution):
      let inputs = input.channels / convolution.groups
      return convolution.parameters.parameters(
        layer: layer, shape: [convolution.filters, inputs, convolution.kernel, convolution.kernel])
    case .dense(let dense):
      guard case .count(let units) = dense.units else {
        preconditionFailure("the number of classes is not resolved")
      }
      return dense.parameters.parameters(layer: layer, shape: [units, input.count])
    case .batchNorm:
      return BatchNorm.parameters(layer: layer, channels: input.channels)
    default:
      return []
    }
  }
}

extension ParameterSettings {
  fileprivate func parameters(layer: String, shape: [Int]) -> [ParameterDefinition] {
    let fanIn = shape.dropFirst().reduce(1, *)
    var result = [
      ParameterDefinition(
        name: "\(layer).weight", layer: layer, role: .weight, shape: shape, initializer: weights,
        fanIn: fanIn, rate: weightRate, decay: weightDecay)
    ]
    if let biases {
      result.append(
        ParameterDefinition(
          name: "\(layer).bias", layer: layer, role: .bias, shape: [shape[0]], initializer: biases,
          fanIn: fanIn, rate: biasRate, decay: biasDecay))
    }
    return result
  }
}

extension BatchNorm {
  /// Scale 1, shift 0, running mean 0 and variance 1; neither scale nor shift decays.
  fileprivate static func parameters(layer: String, channels: Int) -> [ParameterDefinition] {
    func parameter(_ name: String, _ role: ParameterDefinition.Role, _ start: Double)
      -> ParameterDefinition
    {
      ParameterDefinition(
        name: "\(layer).norm.\(name)", layer: layer, role: role, shape: [channels],
        initializer: .constant(start), fanIn: 1, rate: role == .statistic ? 0 : 1, decay: 0)
    }
    return [
      parameter("weight", .weight, 1), parameter("bias", .bias, 0),
      parameter("running_mean", .statistic, 0), parameter("running_var", .statistic, 1),
    ]
  }
}
