import Basics

/// Random numbers drawn in sequence, for one image.
struct Draws {
  private let stream: RandomStream
  private let position: UInt64
  private var lane: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var used = 4

  init(_ stream: RandomStream, position: Int) {
    self.stream = stream
    self.position = UInt64(position)
  }

  /// A number in 0..<1.
  mutating func uniform() -> Double {
    if used == 4 {
      words = stream.bits(at: position, lane: lane)
      lane += 1
      used = 0
    }
    defer { used += 1 }
    return Double(words[used]) * 0x1p-32
  }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(uniform() * Double(range.count))
  }

  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

  /// Approximately normal, with mean 0 and deviation 1: a sum of four uniform numbers.
  mutating func bell() -> Double {
    (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772
  }
}
