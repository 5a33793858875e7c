import Glibc

/// The regularised incomplete beta function Iₓ(a, b), for 0 ≤ x ≤ 1 and positive a and b.
///
/// Its continued fraction (*NIST Digital Library of Mathematical Functions*, 8.17.22) is evaluated by Lentz's method
/// (*Applied Optics* 15, 1976); about 12 digits for the a and b of t distributions.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast below the mean; above it, the complement is used.
  guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
  let front = exp(a * log(x) + b * log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
  var c = 1.0
  var d = 1 / (1 - (a + b) * x / (a + 1))
  var fraction = d
  for step in 1...1_000 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    fraction *= c * d
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    fraction *= c * d
    if abs(c * d - 1) < 1e-15 { break }
  }
  return front * fraction
}

/// The regularised lower incomplete gamma function P(a, x), for positive a and x ≥ 0, by its power series
/// (*NIST Digital Library of Mathematical Functions*, 8.7.1).
func incompleteGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 0 }
  // The remainder is below the precision of a Double.
  guard x < a + 12 * a.squareRoot() + 60 else { return 1 }
  var term = 1.0
  var sum = 1.0
  var n = a + 1
  while term > sum * 1e-16 {
    term *= x / n
    sum += term
    n += 1
  }
  return min(exp(a * log(x) - x - logGamma(a + 1)) * sum, 1)
}

/// log Γ(x) for positive x.
func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}
