import CKernels

/// Arithmetic on the gradient of a whole step, for rules that need all of it before weights move.
package enum GatheredGradient {
  /// sum ← partial gradients that are `stride` floats apart, added in order; after what is there if it `adds`.
  package static func gather(
    _ gradients: UnsafePointer<Float>, parts: Int, stride: Int, count: Int, into sum: Floats,
    adds: Bool
  ) {
    ck_gather(sum, gradients, parts, stride, count, adds ? 1 : 0)
  }

  /// The sum of squares, in double precision.
  package static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    ck_sum_of_squares(values, count)
  }

  /// The factor that shortens a gradient of this norm to `limit`, as PyTorch's `clip_grad_norm_` computes it; 1 for a
  /// shorter one.
  package static func factor(clipping norm: Double, to limit: Double) -> Double {
    min(1, limit / (norm + 1e-6))
  }

  package static func scale(_ values: Floats, count: Int, by factor: Float) {
    ck_scale(values, count, factor)
  }

  /// gradient ← gradient + factor · (weights − source): the gradient of factor · ½‖weights − source‖².
  package static func addPull(
    _ weights: UnsafePointer<Float>, toward source: UnsafePointer<Float>, factor: Float,
    to gradient: Floats, count: Int
  ) {
    ck_add_difference(gradient, weights, source, count, factor)
  }

  /// weights ← weights + share · (source − weights): the same pull, decoupled from the gradient.
  package static func approach(
    _ weights: Floats, to source: UnsafePointer<Float>, share: Float, count: Int
  ) {
    ck_approach(weights, source, count, share)
  }
}
