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

/// What is done to negative and to large values.
package enum Rectification: Hashable, Sendable {
  case none
  /// Negative ones become 0.
  case positive
  /// So do they, and those above the limit become the limit.
  case clipped(limit: Float)

  var kind: ck_rectification {
    switch self {
    case .none: ck_not_rectified
    case .positive: ck_rectified
    case .clipped: ck_clipped
    }
  }

  var limit: Float { if case .clipped(let limit) = self { limit } else { 0 } }
}

/// What becomes of the sums of a convolution, or of other values, before they are written: normalised for each channel, as
/// scale · (x − mean) + shift; then another map's values are added; then rectified.
package struct OutputFinish {
  private var mean: UnsafePointer<Float>?
  private var scale: UnsafePointer<Float>?
  private var shift: UnsafePointer<Float>?
  /// As many values as there are outputs, at the same places.
  package var added: UnsafePointer<Float>?
  package var rectification: Rectification

  /// Only rectifies.
  package init(rectification: Rectification = .none) { self.rectification = rectification }

  /// - Parameters:
  ///   - mean, scale, shift: a value for each channel.
  package init(
    mean: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    added: UnsafePointer<Float>? = nil, rectification: Rectification = .none
  ) {
    self.mean = mean
    self.scale = scale
    self.shift = shift
    self.added = added
    self.rectification = rectification
  }

  /// Whether values stay as they are.
  var isNothing: Bool { scale == nil && added == nil && rectification == .none }

  /// Whether values are at most rectified.
  package var onlyRectifies: Bool { scale == nil && added == nil }

  var settings: ck_finish {
    ck_finish(
      mean: mean, scale: scale, shift: shift, added: added, rectification: rectification.kind,
      limit: rectification.limit)
  }

  /// The same for outputs from so many values on.
  package func from(_ count: Int) -> OutputFinish {
    var result = self
    result.added = added.map { $0 + count }
    return result
  }

  /// The same for outputs whose channels begin with another.
  package func from(channel: Int) -> OutputFinish {
    var result = from(channel)
    result.mean = mean.map { $0 + channel }
    result.scale = scale.map { $0 + channel }
    result.shift = shift.map { $0 + channel }
    return result
  }

  /// Rows of channels; input and output may be the same.
  package func apply(
    to input: UnsafePointer<Float>, into output: Floats, rows: Int, channels: Int
  ) {
    withUnsafePointer(to: settings) { ck_finish_rows(output, input, $0, rows, channels) }
  }
}

/// Sums and maps over rows of channels, used for batch normalisation.
package enum ChannelStatistics {
  /// means ← the mean of the rows, and squares ← Σ (x − mean)².
  ///
  /// - Parameter scratch: `channels` floats.
  package static func moments(
    of values: UnsafePointer<Float>, rows: Int, channels: Int,
    means: UnsafeMutablePointer<Double>, squares: UnsafeMutablePointer<Double>, scratch: Floats
  ) {
    ck_channel_moments(means, squares, values, rows, channels, scratch)
  }

  /// y = scale · (x − mean) + shift, rectified.
  package static func normalize(
    _ input: UnsafePointer<Float>, into output: Floats, mean: UnsafePointer<Float>,
    scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, rows: Int, channels: Int,
    rectification: Rectification = .none
  ) {
    OutputFinish(mean: mean, scale: scale, shift: shift, rectification: rectification).apply(
      to: input, into: output, rows: rows, channels: channels)
  }

  /// sums ← sums + Σ dy and products ← products + Σ dy · (x − mean).
  ///
  /// - Parameter finish: what became of the input, which nothing was added to; its rectification stops dy.
  package static func addGradientSums(
    of outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, finish: OutputFinish,
    rows: Int, channels: Int, sums: UnsafeMutablePointer<Double>,
    products: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: finish.settings) {
      ck_normalize_sums(sums, products, outputGradient, input, $0, rows, channels)
    }
  }

  /// dx = scale · (dy − offset − slope · (x − mean)); `inputGradient` is overwritten, and may be dy.
  ///
  /// - Parameter finish: as in `addGradientSums`.
  package static func gradient(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    into inputGradient: Floats, finish: OutputFinish, offset: UnsafePointer<Float>,
    slope: UnsafePointer<Float>, rows: Int, channels: Int
  ) {
    withUnsafePointer(to: finish.settings) {
      ck_normalize_gradient(
        inputGradient, outputGradient, input, $0, offset, slope, rows, channels)
    }
  }
}
