import Basics

/// The shape of one image's activations: channels × height × width, or the length of a vector.
///
/// The batch is never part of it.
package struct Shape: Hashable, Sendable {
  /// Either `[channels, height, width]` or `[units]`, all positive.
  package let dimensions: [Int]

  /// A feature map of channels × height × width.
  package init(channels: Int, height: Int, width: Int) {
    dimensions = [channels, height, width]
  }

  /// A vector.
  package init(units: Int) { dimensions = [units] }

  /// The number of values.
  package var count: Int { dimensions.reduce(1, *) }

  /// Whether this is a feature map, with height and width.
  package var isSpatial: Bool { dimensions.count == 3 }

  package var channels: Int { dimensions[0] }
  /// 1 for a vector.
  package var height: Int { isSpatial ? dimensions[1] : 1 }
  /// 1 for a vector.
  package var width: Int { isSpatial ? dimensions[2] : 1 }
}

extension Shape: CustomStringConvertible {
  /// `3×32×32`, or `256`.
  package var description: String { dimensions.map(String.init).joined(separator: "×") }
}

extension Shape: ValueConvertible {
  package var value: Value { .list(dimensions.map(Value.integer)) }
}
