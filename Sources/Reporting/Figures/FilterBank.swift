import Basics
import SystemPackage

/// The weights of a convolution: filters × channels × height × width.
package struct FilterBank: Hashable, Sendable {
  package let count: Int
  package let channels: Int
  package let height: Int
  package let width: Int
  package let values: [Float]

  /// `nil` if the number of values does not match the shape, or there are none.
  package init?(count: Int, channels: Int, height: Int, width: Int, values: [Float]) {
    guard count > 0, channels > 0, height > 0, width > 0,
      values.count == count * channels * height * width
    else { return nil }
    self.count = count
    self.channels = channels
    self.height = height
    self.width = width
    self.values = values
  }

  func value(filter: Int, channel: Int, y: Int, x: Int) -> Float {
    values[((filter * channels + channel) * height + y) * width + x]
  }

  /// These weights minus others of the same shape; `nil` if the shapes differ.
  func minus(_ other: FilterBank) -> FilterBank? {
    guard
      (count, channels, height, width)
        == (other.count, other.channels, other.height, other.width)
    else { return nil }
    return FilterBank(
      count: count, channels: channels, height: height, width: width,
      values: zip(values, other.values).map { $0 - $1 })
  }
}

/// Reads the weights of a convolution from the file of a trained network. Only the engine knows the format.
package protocol FilterReader: Sendable {
  /// - Parameters:
  ///   - parameter: its name: `conv1.weight`.
  ///   - shape: filters, channels, height, width.
  /// - Throws: `DiagnosticError` if the file has no such tensor, or cannot be read.
  func filters(
    _ parameter: String, shape: [Int], in weights: FilePath
  ) throws(DiagnosticError) -> [Float]
}
