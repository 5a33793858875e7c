import CKernels

/// The matrix products of a convolution with windows of one pixel: pixels × inputs X, and filters × inputs W; or of one whose
/// windows have been made rows of X.
///
/// Pixels are packed into *blocks* (blocks of 16 channels × pixels × 16), weights into *panels* of 32 columns (panels ×
/// depth × 32), both once for all products that they are part of; results are written where they belong.
package struct PointwiseProducts {
  package let inputs: Int
  package let filters: Int
  private let kernels: ck_winograd_kernels

  /// The number of channels summed in one chain of multiply-adds before the sum is added to the result: their weights
  /// stay in cache for all pixels.
  private static let depth = 512

  /// - Precondition: the processor supports the level.
  package init(inputs: Int, filters: Int, level: KernelLevel = .current) {
    guard let kernels = level.kernels else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    self.kernels = kernels
    self.inputs = inputs
    self.filters = filters
  }
}

// MARK: - Packing

extension PointwiseProducts {
  /// The number of floats of so many pixels in blocks.
  package static func blockedCount(pixels: Int, channels: Int) -> Int {
    (channels + 15) / 16 * 16 * pixels
  }

  /// Pixels that lie `stride` floats apart, as those from number `first` on of `pixels` pixels in blocks.
  package static func pack(
    _ values: UnsafePointer<Float>, stride: Int, count: Int, channels: Int, into blocks: Floats,
    first: Int, of pixels: Int
  ) {
    ck_block_rows(blocks + first * 16, pixels * 16, values, stride, count, channels)
  }

  /// The number of panels of the weights: with columns for filters, and with columns for inputs; and of their floats.
  package var filterPanels: Int { (filters + 31) / 32 }
  package var inputPanels: Int { (inputs + 31) / 32 }
  package var forwardCount: Int { filterPanels * inputs * 32 }
  package var backwardCount: Int { inputPanels * filters * 32 }

  /// One panel of weights, which stand as filters × inputs, with columns for filters.
  package func packForward(
    _ weights: UnsafePointer<Float>, panel: Int, into panels: Floats
  ) {
    ck_pack_panel(
      panels + panel * inputs * 32, weights + panel * 32 * inputs, inputs,
      min(32, filters - panel * 32), inputs)
  }

  /// One panel with columns for inputs.
  package func packBackward(
    _ weights: UnsafePointer<Float>, panel: Int, into panels: Floats
  ) {
    let count = min(32, inputs - panel * 32)
    let to = panels + panel * filters * 32
    for filter in 0..<filters {
      let row = to + filter * 32
      row.update(from: weights + filter * inputs + panel * 32, count: count)
      if count < 32 { (row + count).update(repeating: 0, count: 32 - count) }
    }
  }
}

// MARK: - Products

extension PointwiseProducts {
  /// X·Wᵀ for pixels first ..< first + count of `pixels` in blocks, into rows that lie `stride` floats apart; plus biases,
  /// finished.
  package func forward(
    _ blocks: UnsafePointer<Float>, first: Int, count: Int, of pixels: Int,
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>? = nil,
    finish: OutputFinish = OutputFinish(), into result: Floats, stride: Int
  ) {
    withUnsafePointer(to: finish.settings) {
      multiply(
        blocks + first * 16, pixels: pixels, weights, count: count, depth: inputs, columns: filters,
        into: result, stride: stride, biases: biases,
        finish: biases == nil && finish.isNothing ? nil : $0)
    }
  }

  /// dX = dY·W; the same for gradients of the output in blocks.
  package func inputGradient(
    _ blocks: UnsafePointer<Float>, first: Int, count: Int, of pixels: Int,
    weights: UnsafePointer<Float>, into result: Floats, stride: Int
  ) {
    multiply(
      blocks + first * 16, pixels: pixels, weights, count: count, depth: filters, columns: inputs,
      into: result, stride: stride)
  }

  private func multiply(
    _ a: UnsafePointer<Float>, pixels: Int, _ b: UnsafePointer<Float>, count: Int, depth: Int,
    columns: Int, into c: Floats, stride: Int, biases: UnsafePointer<Float>? = nil,
    finish: UnsafePointer<ck_finish>? = nil
  ) {
    for first in Swift.stride(from: 0, to: depth, by: PointwiseProducts.depth) {
      let isLast = first + PointwiseProducts.depth >= depth
      kernels.multiply_into_rows(
        c, stride, a + first * pixels, pixels * 16, b + first * 32, depth * 32, count,
        min(PointwiseProducts.depth, depth - first), columns, first > 0 ? 1 : 0,
        isLast ? biases : nil, isLast ? finish : nil)
    }
  }

  /// The floats between filters in a gradient of the weights.
  package var gradientStride: Int { (inputs + 15) / 16 * 16 }

  /// dW = dYᵀ·X, both in blocks, added to what is there if `accumulating`: filters × `gradientStride`.
  package func weightGradient(
    _ outputGradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, pixels: Int,
    into gradient: Floats, accumulating: Bool
  ) {
    kernels.multiply_outer(
      gradient, gradientStride, outputGradient, pixels * 16, input, pixels * 16, pixels, filters,
      (inputs + 15) / 16, accumulating ? 1 : 0, nil)
  }
}
