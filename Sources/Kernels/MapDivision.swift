import CKernels

/// A map of height × width × channels, cut into size × size parts as PyTorch's adaptive pooling does: part i of n of an
/// extent reaches from ⌊i · extent / n⌋ to ⌈(i + 1) · extent / n⌉, so that parts may overlap by a row or column.
package struct MapDivision {
  private let height: Int32
  private let width: Int32
  private let channels: Int32
  private let size: Int32

  package init(height: Int, width: Int, channels: Int, size: Int) {
    self.height = Int32(height)
    self.width = Int32(width)
    self.channels = Int32(channels)
    self.size = Int32(size)
  }

  /// The mean of each part.
  package func average(_ input: UnsafePointer<Float>, into output: Floats) {
    ck_average_parts(output, input, height, width, channels, size)
  }

  /// The gradient of `average`; `inputGradient` is overwritten.
  package func averageGradient(
    _ outputGradient: UnsafePointer<Float>, into inputGradient: Floats
  ) {
    ck_average_parts_gradient(inputGradient, outputGradient, height, width, channels, size)
  }
}
