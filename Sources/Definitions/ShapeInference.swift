/// An operation that does not fit what it is given.
package struct ShapeMismatch: Error, Equatable {
  /// The layer's name, and its position in the network.
  package var layer: String
  package var layerIndex: Int
  /// The operation's position in the layer.
  package var operationIndex: Int
  /// The shape that reaches the operation.
  package var input: Shape
  /// What is wrong, in words, with the shapes.
  package var message: String
}

extension Operation {
  /// The shape that the operation makes of `input`, or why it cannot, in words.
  ///
  /// Units of `dense: classes` must have been resolved.
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    switch self {
    case .convolution(let convolution):
      return convolution.outputShape(for: input)
    case .dense(let dense):
      guard case .count(let units) = dense.units else {
        preconditionFailure("the number of classes is not resolved")
      }
      return .success(Shape(units: units))
    case .batchNorm, .relu, .tanh, .dropout:
      return .success(input)
    case .maxPool(let pooling), .averagePool(let pooling):
      return pooling.outputShape(for: input)
    case .lrn:
      guard input.isSpatial else {
        return .failure("lrn needs channels × height × width, but its input is \(input)")
      }
      return .success(input)
    }
  }
}

/// The reason why a shape does not fit.
package struct ShapeComplaint: Error, ExpressibleByStringInterpolation {
  package var message: String

  package init(stringLiteral message: String) { self.message = message }
}

extension Convolution {
  func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    guard input.isSpatial else {
      return .failure("conv needs channels × height × width, but its input is \(input)")
    }
    guard input.channels % groups == 0 else {
      return .failure("its input \(input) has channels that do not divide into \(groups) groups")
    }
    guard filters % groups == 0 else {
      return .failure("its \(filters) filters do not divide into \(groups) groups")
    }
    guard input.height + 2 * padding >= kernel, input.width + 2 * padding >= kernel else {
      return .failure(
        "a \(kernel)×\(kernel) kernel does not fit its input \(input) with padding \(padding)")
    }
    return .success(
      Shape(
        channels: filters, height: (input.height + 2 * padding - kernel) / stride + 1,
        width: (input.width + 2 * padding - kernel) / stride + 1))
  }
}

extension Pooling {
  func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    guard input.isSpatial else {
      return .failure("pooling needs channels × height × width, but its input is \(input)")
    }
    guard padding < kernel else {
      return .failure("padding \(padding) leaves windows of \(kernel)×\(kernel) that see no value")
    }
    guard input.height + 2 * padding >= kernel, input.width + 2 * padding >= kernel else {
      return .failure(
        "a \(kernel)×\(kernel) window does not fit its input \(input) with padding \(padding)")
    }
    return .success(
      Shape(
        channels: input.channels, height: outputExtent(input.height),
        width: outputExtent(input.width)))
  }
}

extension NetworkDefinition {
  /// The shapes between operations: for each layer, its input followed by what each operation makes.
  ///
  /// - Throws: `ShapeMismatch` for the first operation that does not fit.
  package func shapes() throws(ShapeMismatch) -> [[Shape]] {
    var current = input
    var result: [[Shape]] = []
    for (layerIndex, layer) in layers.enumerated() {
      var shapes = [current]
      for (operationIndex, operation) in layer.operations.enumerated() {
        switch operation.outputShape(for: current) {
        case .success(let output):
          current = output
          shapes.append(output)
        case .failure(let complaint):
          throw ShapeMismatch(
            layer: layer.name, layerIndex: layerIndex, operationIndex: operationIndex,
            input: current, message: complaint.message)
        }
      }
      result.append(shapes)
    }
    return result
  }
}
