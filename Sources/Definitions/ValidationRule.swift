import Basics

/// When a network is measured while it is trained, and on what. The training itself is the same with
/// and without.
package struct ValidationRule: Hashable, Sendable {
  /// The time between measurements; there is one more at the end.
  package var every: TrainingLength
  package var subsets: [Portion]

  package init(every: TrainingLength, subsets: [Portion]) {
    self.every = every
    self.subsets = subsets
  }
}

/// What a network's score is taken from.
package enum ScoreRule: Hashable, Sendable {
  /// The accuracy when its training was done.
  case final
  /// The mean accuracy of the last measurements of its training.
  case meanOfLast(Int)
  /// The mean accuracy at the measurements that were the best on a subset, as in the paper.
  case best(Int, on: Portion)
}

extension ScoreRule: CustomStringConvertible {
  package var description: String {
    switch self {
    case .final: "final"
    case .meanOfLast(let count): "mean of last \(count)"
    case .best(let count, let portion): "mean of best \(count) on \(portion.rawValue)"
    }
  }
}

extension ValidationRule: ValueConvertible {
  package var value: Value {
    ["every": every.value, "subsets": .list(subsets.map { .string($0.rawValue) })]
  }
}

extension ScoreRule: ValueConvertible {
  package var value: Value {
    switch self {
    case .final: "final"
    case .meanOfLast(let count): ["mean-of-last": .integer(count)]
    case .best(let count, let portion):
      ["best": .integer(count), "on": .string(portion.rawValue)]
    }
  }
}
