import Basics

/// What is kept of a layer's activations.
package enum ActivationPooling: String, CaseIterable, Hashable, Sendable {
  /// The mean over the places of a map: a value for each channel.
  case average
  /// The largest value over the places of a map.
  case max
  /// Every value, in channels × height × width order.
  case none

  /// The values that are kept of one image's activations.
  package func count(of shape: Shape) -> Int {
    self == .none ? shape.count : shape.channels
  }
}

/// A layer whose activations are looked at: those after its last operation.
package struct ObservedLayer: Hashable, Sendable {
  package var name: String
  /// The position of its last operation, counted over all layers.
  package var operation: Int
  /// Of one image's activations.
  package var shape: Shape
}

extension NetworkDefinition {
  /// The named layers, in the network's order.
  ///
  /// - Parameter names: of layers of the network.
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func observed(_ names: [String]) throws(ShapeMismatch) -> [ObservedLayer] {
    let graph = try NetworkGraph(self)
    let wanted = Set(names)
    var operations = 0
    var layers: [ObservedLayer] = []
    for (layer, boundary) in zip(self.layers, graph.boundaries) {
      operations += layer.operations.count
      guard wanted.contains(layer.name), let value = boundary.last else { continue }
      layers.append(
        ObservedLayer(name: layer.name, operation: operations - 1, shape: graph.values[value]))
    }
    return layers
  }
}
