import Glibc

/// Student's t distribution (*The probable error of a mean*, Biometrika 1908).
package struct StudentDistribution: Hashable, Sendable {
  /// Degrees of freedom, at least 1; often not an integer.
  package let degrees: Double

  /// - Parameter degrees: values below 1 count as 1.
  package init(degrees: Double) { self.degrees = max(degrees, 1) }

  private var nu: Double { degrees }

  /// P(T > t)
  package func upperTail(_ t: Double) -> Double {
    let half = incompleteBeta(nu / (nu + t * t), nu / 2, 0.5) / 2
    return t >= 0 ? half : 1 - half
  }

  private func density(_ t: Double) -> Double {
    // The derivative of the tail with respect to t; the constant is Γ((ν+1)/2) / (√(νπ) Γ(ν/2)).
    exp(logGamma((nu + 1) / 2) - logGamma(nu / 2) - (nu + 1) / 2 * log1p(t * t / nu))
      / (nu * Double.pi).squareRoot()
  }

  /// The t with P(T > t) = `tail`; infinite for 0.
  package func quantile(upperTail tail: Double) -> Double {
    guard tail > 0 else { return .infinity }
    guard tail < 1 else { return -.infinity }
    guard tail <= 0.5 else { return -quantile(upperTail: 1 - tail) }
    // The tail is convex for positive t, so Newton's steps from there never overshoot the root.
    var t = 0.0
    for _ in 0..<2_000 {
      let step = (upperTail(t) - tail) / density(t)
      guard step > 1e-13 * t, step.isFinite else { break }
      t += step
    }
    return t
  }

  /// The probability that T exceeds `critical` (above 0) if the true difference is `noncentrality` standard errors:
  /// the power of a one-sided test.
  ///
  /// T is (Z + δ) / √(χ²/ν) with a normal Z and an independent χ² of ν degrees (Johnson, Kotz and Balakrishnan,
  /// *Continuous Univariate Distributions* 2, 1995, chapter 31); the integral over Z is computed by Simpson's rule.
  package func power(critical: Double, noncentrality: Double) -> Double {
    guard critical.isFinite else { return 0 }
    let low = max(-noncentrality, -8.5)
    let high = 8.5
    guard low < high else { return 0 }
    let intervals = 128
    let width = (high - low) / Double(intervals)
    var sum = 0.0
    for index in 0...intervals {
      let z = low + Double(index) * width
      let ratio = max(noncentrality + z, 0) / critical
      let weight = index == 0 || index == intervals ? 1.0 : index % 2 == 1 ? 4 : 2
      sum += weight * exp(-z * z / 2) * incompleteGamma(nu / 2, nu * ratio * ratio / 2)
    }
    return min(sum * width / 3 / (2 * Double.pi).squareRoot(), 1)
  }

  /// The true difference, in standard errors, that a one-sided test detects with the given power.
  package func noncentrality(level: Double, power: Double = 0.8) -> Double {
    let critical = quantile(upperTail: level)
    guard critical.isFinite else { return .infinity }
    // Bisection, with secant steps if they stay within the bounds.
    var low = 0.0
    var high = 2 * (critical + quantile(upperTail: 1 - power)) + 4
    while self.power(critical: critical, noncentrality: high) < power { high *= 2 }
    for _ in 0..<60 where high - low > 1e-7 * high {
      let middle = (low + high) / 2
      if self.power(critical: critical, noncentrality: middle) < power {
        low = middle
      } else {
        high = middle
      }
    }
    return (low + high) / 2
  }
}
