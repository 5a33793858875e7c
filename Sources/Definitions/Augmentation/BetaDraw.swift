import Glibc

extension StepDraws {
  /// A number from the Beta(α, α) distribution, drawn in lanes from `lane` on.
  ///
  /// X / (X + Y) for two Gamma(α) variables, each as Marsaglia and Tsang draw them (*A simple method for generating
  /// gamma variables*, 2000), on logarithms: small α do not underflow.
  package func beta(_ alpha: Double, from lane: UInt64) -> Double {
    let one = logarithmOfGamma(alpha, from: lane)
    let other = logarithmOfGamma(alpha, from: lane + 1 << 32)
    return 1 / (1 + exp(other - one))
  }

  private func logarithmOfGamma(_ alpha: Double, from lane: UInt64) -> Double {
    // A variable of a shape below 1 is one of shape + 1 times a power of a uniform one.
    let boost = alpha < 1 ? log(1 - uniform(lane)) / alpha : 0
    let d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    // At least 95 % of the attempts succeed.
    for attempt in 0..<UInt64(1000) {
      let next = lane + 1 + 3 * attempt
      let radius = (-2 * log(1 - uniform(next))).squareRoot()
      let normal = radius * cos(2 * .pi * uniform(next + 1))
      let root = 1 + c * normal
      guard root > 0 else { continue }
      let v = root * root * root
      if log(1 - uniform(next + 2)) < normal * normal / 2 + d - d * v + d * log(v) {
        return log(d * v) + boost
      }
    }
    return log(d) + boost
  }
}
