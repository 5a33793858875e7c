import Basics

/// A layer in the paper's sense: one weighted operation and what goes with it.
package struct LayerDefinition: Hashable, Sendable {
  /// Unique in its network: `conv1`.
  package var name: String
  /// In order; exactly one of them is weighted.
  package var operations: [Operation]

  package init(name: String, operations: [Operation]) {
    self.name = name
    self.operations = operations
  }
}

/// A network: layers in order, from an image to one score a class.
package struct NetworkDefinition: Hashable, Sendable {
  /// What one image looks like: channels × height × width.
  package var input: Shape
  package var layers: [LayerDefinition]

  package init(input: Shape, layers: [LayerDefinition]) {
    self.input = input
    self.layers = layers
  }

  /// Operations of all layers.
  package var operationCount: Int { layers.reduce(0) { $0 + $1.operations.count } }

  /// The network with `dense: classes` made definite.
  package func resolved(classes: Int) -> NetworkDefinition {
    var result = self
    for (index, layer) in layers.enumerated() {
      result.layers[index].operations = layer.operations.map { $0.resolved(classes: classes) }
    }
    return result
  }
}

extension LayerDefinition: ValueConvertible {
  package var value: Value {
    ["name": .string(name), "operations": .list(operations.map(\.value))]
  }
}

extension NetworkDefinition: ValueConvertible {
  package var value: Value {
    ["input": input.value, "layers": .list(layers.map(\.value))]
  }
}
