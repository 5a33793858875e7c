import Basics

/// Reproducible random numbers, drawn in sequence from a seed.
package struct Dice {
  private let stream: RandomStream
  private var position: UInt64 = 0

  package init(seed: Int) { stream = RandomStream(seed: UInt64(seed)).stream(for: "fuzz") }

  package mutating func roll(_ sides: Int) -> Int {
    defer { position += 1 }
    return stream.integer(below: sides, at: position)
  }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[roll(elements.count)]
  }
}
