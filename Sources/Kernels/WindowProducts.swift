import CKernels

/// The products of a convolution of images with few channels, whose windows are read where they stand, in an image with a border
/// of zeros.
///
/// Weights stand in panels of 32 filters (panels × window × 32), as `PointwiseProducts` packs them.
package struct WindowProducts {
  private let kernels: ck_winograd_kernels
  private let window: ck_window
  private let row: ck_windows
  private let filters: Int

  /// - Precondition: filters are a multiple of 16, and the processor supports the level.
  package init(_ window: Window, filters: Int, level: KernelLevel = .current) {
    guard let kernels = level.kernels else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    precondition(filters % 16 == 0, "filters fill vectors")
    self.kernels = kernels
    self.window = window.geometry
    self.filters = filters
    let geometry = window.geometry
    let channels = Int(geometry.channels)
    row = ck_windows(
      count: Int(geometry.out_width), step: Int(geometry.stride) * channels,
      runs: Int(geometry.kernel), run: Int(geometry.kernel) * channels,
      pitch: (Int(geometry.width) + 2 * Int(geometry.padding)) * channels)
  }

  private var padding: Int { Int(window.padding) }
  private var rows: Int { Int(window.out_height) }
  /// Floats from one row of windows to the next.
  private var rowStep: Int { Int(window.stride) * row.pitch }

  /// The floats of an image with its border.
  package var paddedCount: Int { (Int(window.height) + 2 * padding) * row.pitch }

  /// Copies an image: height × width × channels.
  package func pad(_ image: UnsafePointer<Float>, into padded: Floats) {
    let width = Int(window.width * window.channels)
    let border = padding * Int(window.channels)
    padded.update(repeating: 0, count: padding * row.pitch)
    var to = padded + padding * row.pitch
    for index in 0..<Int(window.height) {
      to.update(repeating: 0, count: border)
      (to + border).update(from: image + index * width, count: width)
      (to + border + width).update(repeating: 0, count: border)
      to += row.pitch
    }
    to.update(repeating: 0, count: padding * row.pitch)
  }

  /// output ← weights ∗ image + biases, finished: height × width × filters.
  package func forward(
    _ padded: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    biases: UnsafePointer<Float>? = nil, finish: OutputFinish = OutputFinish(), into output: Floats
  ) {
    withUnsafePointer(to: row) { windows in
      for index in 0..<rows {
        let first = index * row.count * filters
        withUnsafePointer(to: finish.from(first).settings) {
          kernels.multiply_windows(
            windows, output + first, filters, padded + index * rowStep, weights, filters, biases,
            $0)
        }
      }
    }
  }

  /// Adds the gradient of the weights to sums: window × filters.
  package func addWeightGradient(
    _ outputGradient: UnsafePointer<Float>, _ padded: UnsafePointer<Float>, to sums: Floats
  ) {
    withUnsafePointer(to: row) { windows in
      for index in 0..<rows {
        kernels.add_window_gradients(
          windows, sums, filters, padded + index * rowStep,
          outputGradient + index * row.count * filters, filters)
      }
    }
  }
}
