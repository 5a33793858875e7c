/// Pseudorandom numbers in −1..<1, the same every time.
func someValues(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }
}

/// The largest difference, relative to the largest expected magnitude.
func relativeError(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.reduce(1e-30) { max($0, $1.magnitude) }
  return zip(found, expected).reduce(0) { worst, pair in
    let difference = (Double(pair.0) - pair.1).magnitude
    return difference.isNaN ? .infinity : max(worst, difference / scale)
  }
}

/// Whether two lists of numbers have the same bits, NaN included.
func sameBits(_ a: [Float], _ b: [Float]) -> Bool {
  a.map(\.bitPattern) == b.map(\.bitPattern)
}

extension Float {
  /// The upper half of its bits.
  var truncatedToBFloat16: Float { Float(bitPattern: bitPattern & 0xFFFF_0000) }
}
