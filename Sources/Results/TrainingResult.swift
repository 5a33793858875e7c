import ArtifactStore
import Basics

/// The final metrics of a training run.
package struct TrainingResult: Hashable, Sendable {
  /// Completed steps.
  package var iterations: Int
  /// Means over the last steps, each measured before its step; `nil` for a training run without steps.
  package var loss: Double?
  package var accuracy: Double?
  /// The steps after which the kept weights were measured, if they are not the last ones.
  package var kept: Int?
  /// The number of steps that training would have had, if it stopped early.
  package var planned: Int?

  package init(
    iterations: Int, loss: Double?, accuracy: Double?, kept: Int? = nil, planned: Int? = nil
  ) {
    self.iterations = iterations
    self.loss = loss
    self.accuracy = accuracy
    self.kept = kept
    self.planned = planned
  }
}

extension TrainingResult: RecordedResult {
  /// `{"iterations", "loss", "accuracy"}`, and "kept" and "planned" where they differ from the iterations.
  package var metrics: Value {
    var entries: [String: Value] = [
      "iterations": .integer(iterations), "loss": loss.map(Value.number) ?? .null,
      "accuracy": accuracy.map(Value.number) ?? .null,
    ]
    entries["kept"] = kept.map(Value.integer)
    entries["planned"] = planned.map(Value.integer)
    return .map(entries)
  }

  package func words(in record: StageRecord) -> [String] { words(lastSteps: nil) }

  /// - Parameter lastSteps: the number of steps that loss and accuracy are means over, if it is known.
  package func words(lastSteps: Int?) -> [String] {
    let length = counted(iterations, "iteration")
    guard let loss else { return ["a network as initialised or copied, after \(length)"] }
    let accuracy = accuracy.map { ", accuracy \(fixed(100 * $0, decimals: 1)) %" } ?? ""
    var lines = [
      "a network trained for \(length): loss \(fixed(loss, decimals: 4))\(accuracy) on training images, "
        + (lastSteps == 1
          ? "of the last step"
          : "mean over the last \(lastSteps.map { "\(grouped($0)) " } ?? "")steps")
    ]
    if let planned {
      lines.append(
        "stopped early, since the validation accuracy had not improved: \(grouped(iterations)) of "
          + counted(planned, "iteration"))
    }
    if let kept {
      lines.append(
        "its weights are those after \(counted(kept, "iteration")), the best on validation images")
    }
    return lines
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
    self.init(
      iterations: iterations, loss: loss, accuracy: accuracy, kept: metrics["kept"]?.asCount,
      planned: metrics["planned"]?.asCount)
  }
}
