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

/// The coefficients of one update.
package struct MomentumStep {
  package var momentum: Float
  package var rate: Float
  package var decay: Float

  package init(momentum: Float, rate: Float, decay: Float) {
    self.momentum = momentum
    self.rate = rate
    self.decay = decay
  }

  /// Caffe's rule: v ← momentum·v + rate·(g + decay·w), w ← w − v, where g is the sum of `parts` partial gradients,
  /// `stride` floats apart, added in order.
  package func apply(
    weights: Floats, velocity: Floats, gradients: UnsafePointer<Float>, parts: Int = 1,
    stride: Int = 0, count: Int
  ) {
    ck_momentum_step(
      weights, velocity, gradients, parts, stride, count, momentum, rate, decay)
  }
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
