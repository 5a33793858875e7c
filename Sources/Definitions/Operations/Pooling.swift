import Basics

/// A window that moves over a feature map and produces one value per location.
package struct Pooling: Hashable, Sendable {
  /// How the output size is rounded if the last window does not fit completely.
  package enum Rounding: String, Hashable, Sendable, CaseIterable {
    /// Caffe's choice: the last window may extend beyond the edge.
    case up
    /// PyTorch's default.
    case down
  }

  package var kernel: Int
  package var stride: Int
  package var padding: Int
  package var rounding: Rounding

  package init(kernel: Int, stride: Int, padding: Int = 0, rounding: Rounding = .up) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.rounding = rounding
  }

  fileprivate var window: PlaceWindow {
    PlaceWindow(kernel: kernel, stride: stride, padding: padding)
  }

  /// The output size along one dimension, as in Caffe: a window that would start beyond the image and its leading
  /// padding is left out. (Caffe keeps such a window if there is no padding, which requires a stride larger than the
  /// kernel; it would be empty.)
  package func outputExtent(_ extent: Int) -> Int {
    let span = extent + 2 * padding - kernel
    var places = (rounding == .up ? (span + stride - 1) / stride : span / stride) + 1
    if (places - 1) * stride >= extent + padding { places -= 1 }
    return places
  }

  fileprivate func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
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

extension Pooling: ValueConvertible {
  package var value: Value {
    [
      "kernel": .integer(kernel), "stride": .integer(stride), "padding": .integer(padding),
      "rounding": .string(rounding.rawValue),
    ]
  }
}

/// The maximum of each window.
package struct MaxPool: OperationSettings {
  package var pooling: Pooling

  package init(_ pooling: Pooling) { self.pooling = pooling }

  package static var keyword: String { "max-pool" }
  package var setting: Value? { pooling.value }
  package var window: PlaceWindow? { pooling.window }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    pooling.outputShape(for: input)
  }
}

/// The mean of each window.
package struct AveragePool: OperationSettings {
  package var pooling: Pooling

  package init(_ pooling: Pooling) { self.pooling = pooling }

  package static var keyword: String { "average-pool" }
  package var setting: Value? { pooling.value }
  package var window: PlaceWindow? { pooling.window }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    pooling.outputShape(for: input)
  }
}

extension Operation {
  package static func maxPool(_ pooling: Pooling) -> Operation { Operation(MaxPool(pooling)) }
  package static func averagePool(_ pooling: Pooling) -> Operation {
    Operation(AveragePool(pooling))
  }
}

/// The mean of each of size × size parts that a map is cut into, whatever its size; of all places for size 1.
package struct AdaptiveAveragePool: OperationSettings {
  package var size: Int

  package init(size: Int = 1) { self.size = size }

  package static var keyword: String { "average-pool" }
  package var setting: Value? { ["size": .integer(size)] }
  package var window: PlaceWindow? { nil }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    guard input.isSpatial else {
      return .failure("pooling needs channels × height × width, but its input is \(input)")
    }
    guard input.height >= size, input.width >= size else {
      return .failure("its input \(input) cannot be cut into \(size)×\(size) parts")
    }
    return .success(Shape(channels: input.channels, height: size, width: size))
  }
}

extension Operation {
  package static var globalAveragePool: Operation { Operation(AdaptiveAveragePool()) }
  package static func averagePool(size: Int) -> Operation {
    Operation(AdaptiveAveragePool(size: size))
  }
}
