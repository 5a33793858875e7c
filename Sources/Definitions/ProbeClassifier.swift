import Basics

/// A classifier that is fitted to fixed activations, to measure what they tell of the classes.
package enum ProbeClassifier: Hashable, Sendable {
  /// Multinomial logistic regression, trained to convergence: the mean cross-entropy plus decay/2 · ‖W‖², biases free.
  ///
  /// Of several decays, the one that is best on held-out images.
  case logistic(decays: [Double])
  /// Least squares on targets ±1: the mean squared error plus decay · ‖W‖², biases free; of several decays as above.
  case ridge(decays: [Double])
  /// The most common class among the k images with the nearest activations, by Euclidean distance.
  case nearest(Int)

  /// The decays that are compared where a pipeline states none.
  package static let usualDecays = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]
  /// The neighbours where a pipeline states no number.
  package static let usualNeighbours = 5

  /// In tables: `logistic`, `ridge`, `5 nearest`.
  package var name: String {
    switch self {
    case .logistic: "logistic"
    case .ridge: "ridge"
    case .nearest(let count): "\(count) nearest"
    }
  }

  /// Whether a choice among decays needs held-out images.
  package var isChosen: Bool {
    switch self {
    case .logistic(let decays), .ridge(let decays): decays.count > 1
    case .nearest: false
    }
  }
}

extension ProbeClassifier: ValueConvertible {
  package var value: Value {
    switch self {
    case .logistic(let decays): ["logistic": .list(decays.map(Value.number))]
    case .ridge(let decays): ["ridge": .list(decays.map(Value.number))]
    case .nearest(let count): ["nearest": .integer(count)]
    }
  }
}
