import CKernels

/// x ← max(x, 0); NaN remains NaN.
package func rectify(_ values: Floats, count: Int) { ck_relu(values, count) }

/// dy ← 0 where y ≤ 0.
package func rectifyGradient(
  _ gradient: Floats, output: UnsafePointer<Float>, count: Int
) {
  ck_relu_gradient(output, gradient, count)
}

/// Adds a bias to every row of rows × columns.
package func addToRows(
  _ values: Floats, _ bias: UnsafePointer<Float>, rows: Int, columns: Int
) {
  ck_add_rows(values, bias, rows, columns)
}

/// sums ← sums + the rows, in order.
package func addRows(
  of values: UnsafePointer<Float>, rows: Int, columns: Int, to sums: Floats
) {
  ck_sum_rows(sums, values, rows, columns)
}

/// The values kept by a dropout: a pure function of key, lane and position.
package struct DropoutPattern {
  package var key: (UInt32, UInt32)
  /// Values whose random 32-bit word is below the threshold are dropped.
  private let threshold: UInt64
  private let scale: Float

  package init(key: (UInt32, UInt32), probability: Double) {
    self.key = key
    threshold = UInt64((probability * 0x1p32).rounded())
    scale = Float(1 / (1 - probability))
  }

  /// Drops some of the values and scales the others. Value i uses word i mod 4 of the random bits at (position + i/4,
  /// lane).
  package func apply(to values: Floats, count: Int, position: UInt64, lane: UInt64) {
    ck_dropout(values, count, key.0, key.1, position, lane, threshold, scale)
  }
}

// MARK: - Activations

/// x ← min(max(x, 0), limit), NaN staying NaN.
package func clip(_ values: Floats, count: Int, limit: Float) { ck_clip(values, count, limit) }

/// dy ← 0 where y is not between 0 and the limit.
package func clipGradient(
  _ gradient: Floats, output: UnsafePointer<Float>, count: Int, limit: Float
) {
  ck_clip_gradient(output, gradient, count, limit)
}

/// x ← slope · x where x is negative.
package func leak(_ values: Floats, count: Int, slope: Float) { ck_leak(values, count, slope) }

/// dy ← slope · dy where y is negative.
package func leakGradient(
  _ gradient: Floats, output: UnsafePointer<Float>, count: Int, slope: Float
) {
  ck_leak_gradient(output, gradient, count, slope)
}

/// y = 1 / (1 + e⁻ˣ); x and y may be the same.
package func sigmoid(_ input: UnsafePointer<Float>, into output: Floats, count: Int) {
  ck_sigmoid(output, input, count)
}

/// dy ← dy · y · (1 − y)
package func sigmoidGradient(_ gradient: Floats, output: UnsafePointer<Float>, count: Int) {
  ck_sigmoid_gradient(output, gradient, count)
}

/// y = x / (1 + e⁻ˣ)
package func sigmoidLinear(_ input: UnsafePointer<Float>, into output: Floats, count: Int) {
  ck_sigmoid_linear(output, input, count)
}

/// The gradient of `sigmoidLinear`; `inputGradient` is overwritten.
package func sigmoidLinearGradient(
  _ gradient: UnsafePointer<Float>, input: UnsafePointer<Float>, into inputGradient: Floats,
  count: Int
) {
  ck_sigmoid_linear_gradient(inputGradient, gradient, input, count)
}

// MARK: - Several arrays

/// sums ← sums + x
package func add(_ values: UnsafePointer<Float>, to sums: Floats, count: Int) {
  ck_sum_rows(sums, values, 1, count)
}

/// x ← x · factors
package func multiply(_ values: Floats, by factors: UnsafePointer<Float>, count: Int) {
  ck_multiply_rows(values, factors, 1, count)
}

/// x ← x · factors in every row of rows × columns.
package func multiplyRows(
  _ values: Floats, by factors: UnsafePointer<Float>, rows: Int, columns: Int
) {
  ck_multiply_rows(values, factors, rows, columns)
}

/// Copies rows × columns between arrays whose rows lie `stride` floats apart.
package func copyRows(
  _ from: UnsafePointer<Float>, stride: Int, into to: Floats, stride toStride: Int, rows: Int,
  columns: Int
) {
  ck_copy_rows(to, toStride, from, stride, rows, columns)
}

/// Columns × rows of the target become rows × columns of the source.
package func transpose(
  _ from: UnsafePointer<Float>, into to: Floats, rows: Int, columns: Int
) {
  ck_transpose(to, from, rows, columns)
}
