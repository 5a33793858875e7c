import Basics

/// How many training images of each class are held out for validation, and which.
package struct HoldOut: Hashable, Sendable {
  package enum Amount: Hashable, Sendable {
    /// Of each class's images, rounded to a whole number.
    case fraction(Double)
    case perClass(Int)
    /// The dataset's own validation images, by class: the last of its training images as they are stored.
    case own([String: Int])
  }

  package var amount: Amount
  /// The seed of the choice.
  package var seed: UInt64

  package init(amount: Amount, seed: UInt64 = 0) {
    self.amount = amount
    self.seed = seed
  }

  /// The number of a class's images that are held out: never all.
  package func count(of images: Int, class name: String) -> Int {
    let wanted =
      switch amount {
      case .fraction(let fraction): Int((fraction * Double(images)).rounded())
      case .perClass(let count): count
      case .own(let counts): counts[name] ?? 0
      }
    return max(0, min(wanted, images - 1))
  }

  /// The positions of held-out images in a class, ascending. They depend only on the seed and the name of the class,
  /// so that every stage holds out the same images.
  ///
  /// - Parameter purpose: draws for other purposes are independent.
  package func choice(of images: Int, class name: String, for purpose: String = "hold-out") -> [Int]
  {
    if case .own = amount {
      return Array(images - count(of: images, class: name)..<images)
    }
    return RandomStream(seed: seed).stream(for: purpose).stream(for: name).permutation(of: images)
      .prefix(count(of: images, class: name)).sorted()
  }
}

extension HoldOut: ValueConvertible {
  package var value: Value {
    var entries = amount.value.asMap ?? [:]
    if case .own = amount { return .map(entries) }
    entries["seed"] = .integer(Int(truncatingIfNeeded: seed))
    return .map(entries)
  }
}

extension HoldOut.Amount: ValueConvertible {
  package var value: Value {
    switch self {
    case .fraction(let fraction): ["fraction": .number(fraction)]
    case .perClass(let count): ["per-class": .integer(count)]
    // Settings are written for every stage, and there may be thousands of classes.
    case .own(let counts):
      [
        "own": .integer(counts.values.reduce(0, +)),
        "by-class": .string(
          Value.map(counts.mapValues(Value.integer)).fingerprint.hexadecimal),
      ]
    }
  }
}
