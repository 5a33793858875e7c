import Basics

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
package struct BatchNorm: Hashable, Sendable {
  /// Added to the variance.
  package var epsilon: Double
  /// The weight of the current batch in the running mean and variance (PyTorch's convention).
  package var momentum: Double

  package init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

extension Operation {
  package static func batchNorm(_ settings: BatchNorm, name: OperationName? = nil) -> Operation {
    Operation(settings, name: name)
  }
}

extension BatchNorm: OperationSettings {
  package static var keyword: String { "batch-norm" }

  package var setting: Value? { ["epsilon": .number(epsilon), "momentum": .number(momentum)] }

  /// 2: statistics are those of the images, put together.
  package var revision: Int { 2 }

  /// Frozen, it normalises by running statistics unless the treatment says otherwise.
  package var traits: Traits { Traits(isRandom: false, scope: .batchWhereNormalizing) }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }

  package var parameterWord: String? { "norm" }

  /// Scale 1, shift 0, running mean 0 and variance 1; neither scale nor shift has weight decay.
  package func parameters(named prefix: String, layer: String, input: Shape)
    -> [ParameterDefinition]
  {
    func parameter(_ name: String, _ role: ParameterDefinition.Role, _ start: Double)
      -> ParameterDefinition
    {
      ParameterDefinition(
        name: "\(prefix).\(name)", layer: layer, role: role, shape: [input.channels],
        initializer: .constant(start), fanIn: 1, rate: role == .statistic ? 0 : 1, decay: 0)
    }
    return [
      parameter("weight", .weight, 1), parameter("bias", .bias, 0),
      parameter("running_mean", .statistic, 0), parameter("running_var", .statistic, 1),
    ]
  }

  package func memory(from input: Shape, to output: Shape) -> OperationMemory {
    var memory = OperationMemory()
    memory.keepsInput = true
    return memory
  }
}
