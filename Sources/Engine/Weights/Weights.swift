import Basics
import Definitions

/// Named floats with a shape, in PyTorch's order.
package struct Tensor: Hashable, Sendable {
  package var name: String
  /// Empty for a single number.
  package var shape: [Int]
  package var values: [Float]

  /// - Precondition: as many values as the shape says.
  package init(name: String, shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "values must fill the shape")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// A network's parameters, or one buffer of what an update rule remembers of them: tensors in order, by unique name.
package struct Weights: Hashable, Sendable {
  package private(set) var tensors: [Tensor]
  private var positions: [String: Int]

  /// - Precondition: names are unique.
  package init(_ tensors: [Tensor] = []) {
    self.tensors = tensors
    positions = Dictionary(
      uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  package var names: [String] { tensors.map(\.name) }

  /// The tensor of a name. Setting one adds it at the end, or replaces it where it is.
  package subscript(name: String) -> Tensor? {
    positions[name].map { tensors[$0] }
  }

  /// Adds a tensor at the end, or replaces the one of its name where it is.
  package mutating func set(_ tensor: Tensor) {
    if let position = positions[tensor.name] {
      tensors[position] = tensor
    } else {
      positions[tensor.name] = tensors.count
      tensors.append(tensor)
    }
  }

  /// The values of a parameter.
  ///
  /// - Throws: `DiagnosticError` if there is none of its name, or one of another shape.
  package func values(for parameter: ParameterDefinition) throws -> [Float] {
    guard let tensor = self[parameter.name] else {
      throw DiagnosticError("the weights have no tensor '\(parameter.name)'")
    }
    guard tensor.shape == parameter.shape else {
      throw DiagnosticError(
        "tensor '\(parameter.name)' has shape \(tensor.shape), but the network's has "
          + "\(parameter.shape)")
    }
    return tensor.values
  }
}
