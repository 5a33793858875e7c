/// The mean of the weights after several steps of a training run (stochastic weight averaging: Izmailov et al. 2018).
package struct WeightsAverage: Sendable {
  /// The mean so far.
  package private(set) var weights: Weights
  /// How many it is the mean of.
  package private(set) var count: Int

  /// - Parameter count: at least 1.
  package init(_ weights: Weights, count: Int = 1) {
    precondition(count > 0, "a mean is of something")
    self.weights = weights
    self.count = count
  }

  /// Adds weights with the same names and shapes.
  package mutating func add(_ next: Weights) {
    count += 1
    let share = 1 / Float(count)
    weights = Weights(
      zip(weights.tensors, next.tensors).map { mean, new in
        var mean = mean
        precondition(mean.name == new.name, "the same parameters")
        mean.values = zip(mean.values, new.values).map { $0 + ($1 - $0) * share }
        return mean
      })
  }
}
