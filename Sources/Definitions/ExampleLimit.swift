import Basics

/// How many training images of each class are used, and which.
package struct ExampleLimit: Hashable, Sendable {
  /// Images of a class, at most.
  package var perClass: Int
  /// What the choice is drawn from.
  package var seed: UInt64

  package init(perClass: Int, seed: UInt64) {
    self.perClass = perClass
    self.seed = seed
  }

  /// The positions chosen among a class's images, ascending.
  ///
  /// They depend on the seed and the class's name alone, and those of a smaller limit are among those of
  /// a larger one.
  package func choice(of count: Int, class name: String) -> [Int] {
    guard count > perClass else { return Array(0..<count) }
    let order = RandomStream(seed: seed).stream(for: "examples").stream(for: name)
      .permutation(of: count)
    return order.prefix(perClass).sorted()
  }
}
