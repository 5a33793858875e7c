import Basics

/// The initialisation of a weighted operation's weights and biases, and their learning rate factors.
package struct ParameterSettings: Hashable, Sendable {
  package var weights: Initializer
  /// `nil` for an operation without biases.
  package var biases: Initializer?
  /// Factors on the solver's learning rate and weight decay, like Caffe's `lr_mult` and `decay_mult`.
  package var weightRate: Double
  package var weightDecay: Double
  package var biasRate: Double
  package var biasDecay: Double

  /// The defaults follow Caffe's practice for biases (twice the rate, no decay), with He's weights.
  package init(
    weights: Initializer = .he, biases: Initializer? = .constant(0), weightRate: Double = 1,
    weightDecay: Double = 1, biasRate: Double = 2, biasDecay: Double = 0
  ) {
    self.weights = weights
    self.biases = biases
    self.weightRate = weightRate
    self.weightDecay = weightDecay
    self.biasRate = biasRate
    self.biasDecay = biasDecay
  }

  /// Weights of a shape (outputs first), and biases if there are any.
  ///
  /// - Parameter name: what their names begin with.
  func parameters(named name: String, layer: String, shape: [Int]) -> [ParameterDefinition] {
    let fanIn = shape.dropFirst().reduce(1, *)
    var result = [
      ParameterDefinition(
        name: "\(name).weight", layer: layer, role: .weight, shape: shape, initializer: weights,
        fanIn: fanIn, rate: weightRate, decay: weightDecay)
    ]
    if let biases {
      result.append(
        ParameterDefinition(
          name: "\(name).bias", layer: layer, role: .bias, shape: [shape[0]], initializer: biases,
          fanIn: fanIn, rate: biasRate, decay: biasDecay))
    }
    return result
  }
}

extension ParameterSettings: ValueConvertible {
  package var value: Value {
    [
      "weights": weights.value, "biases": biases?.value ?? .null,
      "weight-rate": .number(weightRate), "weight-decay": .number(weightDecay),
      "bias-rate": .number(biasRate), "bias-decay": .number(biasDecay),
    ]
  }
}
