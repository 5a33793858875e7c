import Basics
import Definitions

/// Named floats with a shape, in PyTorch's order.
package struct Tensor: Hashable, Sendable {
  package var name: String
  /// Empty for a single number.
  package var shape: [Int]
  package var values: [Float]

  /// - Precondition: the number of values matches the shape.
  package init(name: String, shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "values must fill the shape")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// The parameters of a network, or one buffer of an update rule's state: tensors in order, with unique names.
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

  /// Whether no value is infinite or not a number.
  package var isFinite: Bool { tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) } }

  /// The tensor with a name. Setting one appends it, or replaces the existing one in place.
  package subscript(name: String) -> Tensor? {
    positions[name].map { tensors[$0] }
  }

  /// Appends a tensor, or replaces the one with its name in place.
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
  /// - Throws: `DiagnosticError` if there is no tensor with its name, or it has a different shape.
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
