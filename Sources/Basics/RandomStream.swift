/// Random numbers as a pure function of a key and a position.
///
/// A stream is derived from a seed and its purposes. Its value at a position does not depend on earlier calls, so
/// results do not depend on order, threads or restarts. The generator is Philox4×32-10 (Salmon, Moraes, Dror and
/// Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011).
package struct RandomStream: Hashable, Sendable {
  private let key: UInt64

  /// The root stream of a seed.
  package init(seed: UInt64) { self.init(key: seed) }

  private init(key: UInt64) { self.key = key }

  /// An independent stream for a purpose, such as `initialize` or a parameter's name.
  package func stream(for purpose: String) -> RandomStream {
    RandomStream(key: Fingerprint(of: "\(key)/\(purpose)").leadingBits)
  }

  /// An independent stream for the `index`-th of many similar items, such as epochs.
  package func stream(_ index: Int) -> RandomStream { stream(for: "#\(index)") }

  /// 128 random bits at a position.
  ///
  /// - Parameter lane: distinguishes sequences at one position, such as the draws for one image.
  package func bits(at position: UInt64, lane: UInt64 = 0) -> SIMD4<UInt32> {
    var counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32),
      UInt32(truncatingIfNeeded: lane), UInt32(truncatingIfNeeded: lane >> 32))
    var key0 = UInt32(truncatingIfNeeded: key)
    var key1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let product0 = UInt64(counter[0]) &* 0xD251_1F53
      let product1 = UInt64(counter[2]) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: product1 >> 32) ^ counter[1] ^ key0,
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ counter[3] ^ key1,
        UInt32(truncatingIfNeeded: product0))
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return counter
  }

  /// The key's two halves, for kernels that run the same generator.
  package var keyWords: (UInt32, UInt32) {
    (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
  }

  /// A whole number in `0..<bound`, with a bias below 2⁻³² for bounds below 2³².
  package func integer(below bound: Int, at position: UInt64, lane: UInt64 = 0) -> Int {
    let words = bits(at: position, lane: lane)
    let draw = UInt64(words[0]) << 32 | UInt64(words[1])
    return Int(draw.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in 0..<1 with 53 random bits.
  package func uniform(at position: UInt64, lane: UInt64 = 0) -> Double {
    let words = bits(at: position, lane: lane)
    return Double((UInt64(words[0]) << 32 | UInt64(words[1])) >> 11) * 0x1p-53
  }

  /// The numbers 0..<count in random order (Fisher–Yates).
  package func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1, at: UInt64(last)))
    }
    return order
  }
}
