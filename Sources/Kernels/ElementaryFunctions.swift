/// exp, log, cos, sin and tanh from only additions, multiplications, divisions and square roots.
///
/// The C library's functions differ in the last bit between processors; these produce the same bits everywhere.
/// Relative errors are below 1e-15 (absolute, for cos and sin), far below the precision of a Float.
package enum ElementaryFunctions {
  private static let ln2High = 0x1.62e42fefap-1
  private static let ln2Low = 0x1.cf79abc9e3b39p-40

  /// eˣ.
  package static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.7 { return .infinity }
    if x < -745.2 { return 0 }
    // x = n ln 2 + r with |r| ≤ ½ ln 2, then the series of eʳ up to r¹³/13!.
    let n = (x * 1.4426950408889634).rounded()
    let r = (x - n * ln2High) - n * ln2Low
    var sum = 1.0 / 6_227_020_800
    sum = sum * r + 1.0 / 479_001_600
    sum = sum * r + 1.0 / 39_916_800
    sum = sum * r + 1.0 / 3_628_800
    sum = sum * r + 1.0 / 362_880
    sum = sum * r + 1.0 / 40_320
    sum = sum * r + 1.0 / 5_040
    sum = sum * r + 1.0 / 720
    sum = sum * r + 1.0 / 120
    sum = sum * r + 1.0 / 24
    sum = sum * r + 1.0 / 6
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    // Two factors, since 2ⁿ alone may be subnormal.
    let half = Int(n) / 2
    return sum * power(half) * power(Int(n) - half)
  }

  /// 2ⁿ for |n| ≤ 1022.
  private static func power(_ n: Int) -> Double {
    Double(bitPattern: UInt64(n + 1023) << 52)
  }

  /// The natural logarithm of a positive, finite, normal number.
  package static func log(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m *= 0.5
      exponent += 1
    }
    // log m = 2 artanh s, s = (m − 1)/(m + 1), |s| ≤ 0.1716: terms up to s²¹/21.
    let s = (m - 1) / (m + 1)
    let z = s * s
    var sum = 1.0 / 21
    for odd in stride(from: 19, through: 1, by: -2) { sum = sum * z + 1.0 / Double(odd) }
    return exponent * ln2High + (2 * s * sum + exponent * ln2Low)
  }

  /// cos 2πt and sin 2πt for t in 0..<1.
  package static func cosineAndSine(ofTurns t: Double) -> (cosine: Double, sine: Double) {
    // The series on an eighth of a turn, rotated by quarters: 4t = quarter + rest, |rest| ≤ ½.
    let quarter = (4 * t).rounded()
    let angle = (4 * t - quarter) * 1.5707963267948966
    let z = angle * angle
    var cosine = 1.0 / 20_922_789_888_000
    cosine = cosine * z - 1.0 / 87_178_291_200
    cosine = cosine * z + 1.0 / 479_001_600
    cosine = cosine * z - 1.0 / 3_628_800
    cosine = cosine * z + 1.0 / 40_320
    cosine = cosine * z - 1.0 / 720
    cosine = cosine * z + 1.0 / 24
    cosine = cosine * z - 0.5
    cosine = cosine * z + 1
    var sine = -1.0 / 1_307_674_368_000
    sine = sine * z + 1.0 / 6_227_020_800
    sine = sine * z - 1.0 / 39_916_800
    sine = sine * z + 1.0 / 362_880
    sine = sine * z - 1.0 / 5_040
    sine = sine * z + 1.0 / 120
    sine = sine * z - 1.0 / 6
    sine = (sine * z + 1) * angle
    switch Int(quarter) & 3 {
    case 0: return (cosine, sine)
    case 1: return (-sine, cosine)
    case 2: return (-cosine, -sine)
    default: return (sine, -cosine)
    }
  }

  /// The hyperbolic tangent.
  package static func tanh(_ x: Float) -> Float {
    let x = Double(x)
    // Where 1 − 2/(e²ˣ + 1) would cancel, two terms of the series are accurate enough.
    if x.magnitude < 1e-3 { return Float(x - x * x * x / 3) }
    if x.magnitude > 20 { return x < 0 ? -1 : 1 }
    return Float(1 - 2 / (exp(2 * x) + 1))
  }
}
