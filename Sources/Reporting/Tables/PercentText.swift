import Basics

/// A fraction in per cent, without the sign: `62.5`.
package func percent(_ fraction: Double, decimals: Int = 1) -> String {
  fixed(100 * fraction, decimals: decimals)
}

/// A difference of two fractions in percentage points, with its sign: `+0.97`, `−1.20`.
package func points(_ difference: Double, decimals: Int = 2) -> String {
  let text = fixed(100 * difference, decimals: decimals)
  if text.hasPrefix("-") {
    let magnitude = text.dropFirst()
    return magnitude.allSatisfy { "0.".contains($0) } ? String(magnitude) : "−\(magnitude)"
  }
  return text.allSatisfy { "0.".contains($0) } ? text : "+\(text)"
}

extension Estimate {
  /// A difference and its interval in percentage points: `+0.97 [+0.31, +1.70]`.
  package var pointsText: String {
    let mean = points(mean)
    return hasInterval ? "\(mean) [\(points(low)), \(points(high))]" : mean
  }
}
