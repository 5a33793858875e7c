import Basics

/// How many training images of each class are held out for validation, and which.
package struct HoldOut: Hashable, Sendable {
  package enum Amount: Hashable, Sendable {
    /// Of each class's images, rounded to a whole number.
    case fraction(Double)
    case perClass(Int)
  }

  package var amount: Amount
  /// The seed of the choice.
  package var seed: UInt64

  package init(amount: Amount, seed: UInt64 = 0) {
    self.amount = amount
    self.seed = seed
  }

  /// The number of a class's images that are held out: never all.
  package func count(of images: Int) -> Int {
    let wanted =
      switch amount {
      case .fraction(let fraction): Int((fraction * Double(images)).rounded())
      case .perClass(let count): count
      }
    return max(0, min(wanted, images - 1))
  }

  /// The positions of held-out images in a class, ascending. They depend only on the seed and the name of the class,
  /// so that every stage holds out the same images.
  package func choice(of images: Int, class name: String) -> [Int] {
    RandomStream(seed: seed).stream(for: "hold-out").stream(for: name).permutation(of: images)
      .prefix(count(of: images)).sorted()
  }
}

extension HoldOut: ValueConvertible {
  package var value: Value {
    var entries = amount.value.asMap ?? [:]
    entries["seed"] = .integer(Int(truncatingIfNeeded: seed))
    return .map(entries)
  }
}

extension HoldOut.Amount: ValueConvertible {
  package var value: Value {
    switch self {
    case .fraction(let fraction): ["fraction": .number(fraction)]
    case .perClass(let count): ["per-class": .integer(count)]
    }
  }
}
