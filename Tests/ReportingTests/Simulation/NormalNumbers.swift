import Basics
import Glibc

/// Normal numbers, one after the other.
struct NormalNumbers {
  let stream: RandomStream
  private var position: UInt64 = 0

  init(stream: RandomStream) { self.stream = stream }

  mutating func nextUniform() -> Double {
    position += 1
    return stream.uniform(at: position)
  }

  /// By Box and Muller's transformation.
  mutating func next() -> Double {
    position += 1
    let bits = stream.bits(at: position)
    let radius = (-2 * log((Double(bits[0]) + 0.5) * 0x1p-32)).squareRoot()
    return radius * cos(2 * Double.pi * Double(bits[1]) * 0x1p-32)
  }

  /// Student's t with three degrees of freedom, scaled to a standard deviation of one.
  mutating func nextOfHeavyTails() -> Double {
    let numerator = next()
    let squares = (0..<3).reduce(0.0) { sum, _ in
      let number = next()
      return sum + number * number
    }
    return numerator / squares.squareRoot()
  }
}
