import CKernels

/// The matrix products of a dense layer, with images × inputs X and units × inputs W.
///
/// Nothing large is repacked. Weights are stored in panels of 32 units (panels × inputs × 32), as columns of the
/// forward product and as the depth of the gradient's. Only activations, which are small in comparison, are packed
/// into *blocks* (blocks of 16 columns × rows × 16) or panels.
package struct DenseProducts {
  package let inputs: Int
  package let units: Int
  private let kernels: ck_winograd_kernels

  /// The number of inputs accumulated in one chain of multiply-adds before the sum is added to the output: their
  /// weights stay in cache for all images.
  private static let depth = 1024
  /// The same, for the units that the gradient of an input is summed over.
  private static let gradientDepth = 256

  /// - Precondition: the processor supports the level.
  package init(inputs: Int, units: Int, level: KernelLevel = .current) {
    guard let kernels = level.kernels else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    self.kernels = kernels
    self.inputs = inputs
    self.units = units
  }

  package var unitPanels: Int { (units + 31) / 32 }
}

// MARK: - Packing

extension DenseProducts {
  /// The number of floats of rows × columns in blocks, with columns padded to whole panels.
  package static func blockedCount(rows: Int, columns: Int) -> Int {
    rows * ((columns + 31) / 32 * 32)
  }

  /// One block of 16 columns of `source`, with zeros beyond its columns.
  package static func pack(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int, block: Int, into blocked: Floats
  ) {
    let target = blocked + block * rows * 16
    let width = max(0, min(16, columns - block * 16))
    for row in 0..<rows {
      let to = target + row * 16
      let from = source + row * columns + block * 16
      if width == 16 {
        to.update(from: from, count: 16)
      } else {
        for column in 0..<16 { to[column] = column < width ? from[column] : 0 }
      }
    }
  }

  /// A block of 16 units of the output's gradient, transposed: images in panels of 32 columns, units as depth. Images
  /// beyond the last are zeros.
  package func packTransposed(
    _ blocked: UnsafePointer<Float>, images: Int, block: Int, into panels: Floats
  ) {
    let depth = unitPanels * 32
    let from = blocked + block * images * 16
    for panel in 0..<(images + 31) / 32 {
      let to = panels + (panel * depth + block * 16) * 32
      for column in 0..<32 {
        let image = panel * 32 + column
        for unit in 0..<16 { to[unit * 32 + column] = image < images ? from[image * 16 + unit] : 0 }
      }
    }
  }
}

// MARK: - Products

extension DenseProducts {
  /// One panel of units of X·Wᵀ: `result` is two blocks of images × 16.
  package func forward(
    _ input: UnsafePointer<Float>, images: Int, weights: UnsafePointer<Float>, panel: Int,
    into result: Floats
  ) {
    for first in stride(from: 0, to: inputs, by: DenseProducts.depth) {
      kernels.multiply(
        result, images * 16, input + first * images, images * 16,
        weights + (panel * inputs + first) * 32, images, min(DenseProducts.depth, inputs - first),
        32, first > 0 ? 1 : 0)
    }
  }

  /// The panels of units whose contributions to the gradient of an input are summed in one chain of multiply-adds.
  package var panelGroups: [Range<Int>] {
    let size = DenseProducts.gradientDepth / 32
    return stride(from: 0, to: unitPanels, by: size).map { $0..<min($0 + size, unitPanels) }
  }

  /// Adds a group of panels' contributions to the gradient of a range of inputs, transposed: `result`, which the first group
  /// overwrites, is blocks of 16 images × inputs of the range × 16, for whole panels of images.
  package func addInputGradient(
    _ outputGradient: UnsafePointer<Float>, images: Int, weights: UnsafePointer<Float>,
    range: Range<Int>, panels: Range<Int>, to result: Floats
  ) {
    let depth = unitPanels * 32
    let block = range.count * 16
    for panel in 0..<(images + 31) / 32 {
      kernels.multiply_panels(
        result + panel * 2 * block, block,
        weights + (panels.lowerBound * inputs + range.lowerBound) * 32, inputs * 32,
        outputGradient + (panel * depth + panels.lowerBound * 32) * 32, range.count,
        panels.count * 32, panels.lowerBound > 0 ? 1 : 0)
    }
  }

  /// The gradient of the weights of a panel of units and a range of inputs that starts at a multiple of 16: inputs of
  /// the range × 32.
  package func weightGradient(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, images: Int, panel: Int,
    range: Range<Int>, into result: Floats, next: ReadAhead = ReadAhead()
  ) {
    withUnsafePointer(to: next.settings) {
      kernels.multiply_outer(
        result, 32, input + range.lowerBound * images, images * 16,
        outputGradient + panel * 32 * images, images * 16, images, range.count, 2, 0, $0)
    }
  }
}
