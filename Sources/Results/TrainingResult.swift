import Basics

/// The final metrics of a training run.
package struct TrainingResult: Hashable, Sendable {
  /// Completed steps.
  package var iterations: Int
  /// Means over the last steps, each measured before its step; `nil` for a training run without steps.
  package var loss: Double?
  package var accuracy: Double?

  package init(iterations: Int, loss: Double?, accuracy: Double?) {
    self.iterations = iterations
    self.loss = loss
    self.accuracy = accuracy
  }
}

extension TrainingResult: RecordedResult {
  /// `{"iterations", "loss", "accuracy"}`
  package var metrics: Value {
    [
      "iterations": .integer(iterations), "loss": loss.map(Value.number) ?? .null,
      "accuracy": accuracy.map(Value.number) ?? .null,
    ]
  }

  package init?(metrics: Value) {
    func optional(_ key: String) -> Double?? {
      guard let value = metrics[key], value != .null else { return .some(nil) }
      return value.double.map { .some($0) }
    }
    guard let iterations = metrics["iterations"]?.asCount, let loss = optional("loss"),
      let accuracy = optional("accuracy")
    else { return nil }
    self.init(iterations: iterations, loss: loss, accuracy: accuracy)
  }
}
