import Basics

/// A layer in the paper's sense: a weighted operation and what goes with it, or a block of several.
package struct LayerDefinition: Hashable, Sendable {
  /// Unique in its network: `conv1`.
  package var name: String
  /// In order; at least one of them is weighted, or has a weighted one on its paths.
  package var operations: [Operation]

  package init(name: String, operations: [Operation]) {
    self.name = name
    self.operations = operations
  }
}

/// A network: layers in order, from an image to one score per class.
package struct NetworkDefinition: Hashable, Sendable {
  /// The shape of one image: channels × height × width.
  package var input: Shape
  package var layers: [LayerDefinition]

  package init(input: Shape, layers: [LayerDefinition]) {
    self.input = input
    self.layers = layers
  }

  /// The revision of what the code computes of it.
  package var revision: Int {
    // Every stage asks for it, and those of a study for the same few.
    let known = NetworkDefinition.latest.withLock { latest in
      latest.first { $0.network.layers.last == layers.last && $0.network == self }?.revision
    }
    if let known { return known }
    var revision = NumericsRevision.engine
    var shape: Shape? = input
    for operation in layers.lazy.flatMap(\.operations) {
      revision = max(revision, operation.settings.revision(following: &shape))
    }
    NetworkDefinition.latest.withLock { latest in
      latest = [(self, revision)] + latest.prefix(NetworkDefinition.mostRemembered - 1)
    }
    return revision
  }

  /// Networks whose revision was computed, the latest first.
  private static let latest = Guarded<[(network: NetworkDefinition, revision: Int)]>([])
  private static let mostRemembered = 8

  /// Operations of all layers.
  package var operationCount: Int { layers.reduce(0) { $0 + $1.operations.count } }

  /// The network with `dense: classes` resolved.
  package func resolved(classes: Int) -> NetworkDefinition {
    var result = self
    // The others stay the same in memory, so that comparing them is fast.
    for (index, layer) in layers.enumerated()
    where layer.operations.contains(where: \.hasUnitsForClasses) {
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
