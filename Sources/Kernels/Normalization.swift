import CKernels

/// Local response normalisation across channels: y = x / (k + α/size · Σ x²)^β, the sum over `size`
/// neighbouring channels.
package struct ChannelResponse {
  var settings: ck_lrn

  package init(channels: Int, size: Int, alpha: Double, beta: Double, k: Double) {
    settings = ck_lrn(
      channels: Int32(channels), size: Int32(size), k: Float(k),
      alpha_over_size: Float(alpha / Double(size)), beta: Float(beta))
  }

  /// The number of floats of scratch memory that the functions need.
  package var scratchCount: Int { withUnsafePointer(to: settings) { ck_lrn_scratch($0) } }

  /// Normalises `places` pixels.
  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, places: Int, scratch: Floats
  ) {
    withUnsafePointer(to: settings) { ck_lrn_forward(output, input, places, $0, scratch) }
  }

  /// The gradient with respect to the input, which is overwritten.
  package func gradient(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    into inputGradient: Floats, places: Int, scratch: Floats
  ) {
    withUnsafePointer(to: settings) {
      ck_lrn_gradient(inputGradient, outputGradient, input, places, $0, scratch)
    }
  }
}

/// Sums and maps over rows of channels, used for batch normalisation.
package enum ChannelStatistics {
  /// means ← the mean of the rows, and squares ← Σ (x − mean)².
  ///
  /// - Parameter scratch: 2 · channels floats.
  package static func moments(
    of values: UnsafePointer<Float>, rows: Int, channels: Int,
    means: UnsafeMutablePointer<Double>, squares: UnsafeMutablePointer<Double>, scratch: Floats
  ) {
    ck_channel_moments(means, squares, values, rows, channels, scratch)
  }

  /// y = scale · (x − mean) + shift, negative values becoming 0 if `rectifies`.
  package static func normalize(
    _ input: UnsafePointer<Float>, into output: Floats, mean: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, rows: Int, channels: Int,
    rectifies: Bool = false
  ) {
    ck_normalize(output, input, mean, scale, shift, rows, channels, rectifies ? 1 : 0)
  }

  /// sums ← sums + Σ dy and products ← products + Σ dy · (x − mean).
  ///
  /// - Parameters:
  ///   - positive: where dy counts; everywhere for `nil`.
  ///   - scratch: 2 · channels floats.
  package static func addGradientSums(
    of outputGradient: UnsafePointer<Float>, where positive: UnsafePointer<Float>? = nil,
    input: UnsafePointer<Float>, mean: UnsafePointer<Float>, rows: Int, channels: Int,
    sums: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>, scratch: Floats
  ) {
    ck_normalize_sums(
      sums, products, outputGradient, positive, input, mean, rows, channels, scratch)
  }

  /// dx = scale · (dy − offset − slope · (x − mean)); `inputGradient` is overwritten, and may be dy.
  ///
  /// - Parameter positive: where dy counts; everywhere for `nil`.
  package static func gradient(
    _ outputGradient: UnsafePointer<Float>, where positive: UnsafePointer<Float>? = nil,
    input: UnsafePointer<Float>, into inputGradient: Floats, mean: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, offset: UnsafePointer<Float>, slope: UnsafePointer<Float>,
    rows: Int, channels: Int
  ) {
    ck_normalize_gradient(
      inputGradient, outputGradient, positive, input, mean, scale, offset, slope, rows, channels)
  }
}
