import ArtifactStore
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

  package func words(in record: StageRecord) -> [String] {
    let length = counted(iterations, "iteration")
    guard let loss else { return ["a network as initialised or copied, after \(length)"] }
    let accuracy = accuracy.map { ", accuracy \(fixed(100 * $0, decimals: 1)) %" } ?? ""
    return [
      "a network trained for \(length): loss \(fixed(loss, decimals: 4))\(accuracy) on training images, mean over "
        + "the last steps"
    ]
  }

  package init?(metrics: Value) {
    func optional(_ key: String) -> Double?? {
      guard let value = metrics[key] else { return nil }
      if value == .null { return .some(nil) }
      return value.double.map { .some($0) }
    }
    guard let iterations = metrics["iterations"]?.asCount, let loss = optional("loss"),
      let accuracy = optional("accuracy")
    else { return nil }
    self.init(iterations: iterations, loss: loss, accuracy: accuracy)
  }
}
