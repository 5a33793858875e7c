import Basics

/// When a network is measured during training, on which images, and what the measurements decide.
package struct ValidationRule: Hashable, Sendable {
  /// The interval between measurements; there is one more at the end.
  package var every: TrainingLength
  package var subsets: [Portion]
  /// Which weights training ends with.
  package var keep: KeptWeights
  /// The number of successive measurements on validation images without a new best accuracy after which training
  /// stops; `nil` if it never does.
  package var patience: Int?

  package init(
    every: TrainingLength, subsets: [Portion], keep: KeptWeights = .last, patience: Int? = nil
  ) {
    self.every = every
    self.subsets = subsets
    self.keep = keep
    self.patience = patience
  }

  /// Whether measurements decide which network training ends with; they only observe it otherwise.
  package var selects: Bool { keep != .last || patience != nil }
}

/// The weights that training ends with.
package enum KeptWeights: String, Hashable, Sendable, CaseIterable {
  /// Those after the last step.
  case last
  /// Those with the highest accuracy on validation images, the first of equal ones.
  case best
}

/// How the score of a network is determined.
package enum ScoreRule: Hashable, Sendable {
  /// The accuracy at the end of training.
  case final
  /// The mean accuracy of the last measurements during training.
  case meanOfLast(Int)
  /// The mean accuracy of the measurements that were best on a subset, as in the paper.
  case best(Int, on: Portion)
}

extension ValidationRule {
  /// Whether to measure after this number of steps out of `length`.
  package func isDue(after steps: Int, perEpoch: Int, length: Int) -> Bool {
    steps % max(1, every.iterations(perEpoch: perEpoch)) == 0 || steps == length
  }

  /// The number of measurements during a training run; `nil` if it depends on an unknown number of images.
  ///
  /// - Parameter images: the number of images trained on; `nil` if unknown.
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
    // The last one is at the end.
    return length / step + (length % step == 0 ? 0 : 1)
  }
}

extension ScoreRule {
  /// The number of measurements that the score uses; `nil` for none.
  package var measurements: Int? {
    switch self {
    case .final: nil
    case .meanOfLast(let count), .best(let count, _): count
    }
  }

  /// The message if a training run makes fewer measurements than the score uses.
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
    var entries: [String: Value] = [
      "every": every.value, "subsets": .list(subsets.map { .string($0.rawValue) }),
    ]
    // Defaults are left out.
    if keep != .last { entries["keep"] = .string(keep.rawValue) }
    entries["patience"] = patience.map(Value.integer)
    return .map(entries)
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
