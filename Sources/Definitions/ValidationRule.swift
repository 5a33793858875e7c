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

extension ValidationRule {
  /// How many times a training measures; `nil` where that takes knowing its images.
  ///
  /// - Parameter images: how many are trained on; `nil` where that is not known.
  package func count(in solver: SolverDefinition, images: Int?) -> Int? {
    let (length, step): (Int, Int)
    switch (solver.length, every) {
    case (.epochs(let epochs), .epochs(let every)): (length, step) = (epochs, every)
    case (.iterations(let steps), .iterations(let every)): (length, step) = (steps, every)
    default:
      guard let images else { return nil }
      let perEpoch = solver.iterationsPerEpoch(images: images)
      length = solver.length.iterations(perEpoch: perEpoch)
      step = max(1, every.iterations(perEpoch: perEpoch))
    }
    // The last is at the end.
    return length / step + (length % step == 0 ? 0 : 1)
  }
}

extension ScoreRule {
  /// How many measurements of a training the score is taken from; `nil` for none.
  package var measurements: Int? {
    switch self {
    case .final: nil
    case .meanOfLast(let count), .best(let count, _): count
    }
  }

  /// What messages say where a training makes fewer measurements than the score is taken from.
  package func shortage(of made: Int, by stage: String) -> String {
    "the score '\(self)' needs \(measurements ?? 0) measurements, but '\(stage)' makes \(made)"
  }
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
