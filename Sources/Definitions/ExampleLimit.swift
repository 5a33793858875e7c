import Basics

/// How many training images of each class are used, and which.
package struct ExampleLimit: Hashable, Sendable {
  /// The maximum number of images per class.
  package var perClass: Int
  /// The seed of the choice.
  package var seed: UInt64

  package init(perClass: Int, seed: UInt64) {
    self.perClass = perClass
    self.seed = seed
  }

  /// The positions of the chosen images in a class, ascending.
  ///
  /// They depend only on the seed and the name of the class, and those of a smaller limit are a subset of those of a
  /// larger one.
  package func choice(of count: Int, class name: String) -> [Int] {
    guard count > perClass else { return Array(0..<count) }
    let order = RandomStream(seed: seed).stream(for: "examples").stream(for: name)
      .permutation(of: count)
    return order.prefix(perClass).sorted()
  }
}
