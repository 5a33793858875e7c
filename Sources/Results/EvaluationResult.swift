import ArtifactStore
import Basics
import Definitions

/// The accuracy and loss of a network on a subset of a task's images.
package struct EvaluationResult: Hashable, Sendable {
  /// The score that is reported instead of the final accuracy, if the stage asks for one.
  package struct Score: Hashable, Sendable {
    /// A fraction, like an accuracy.
    package var value: Double
    /// The rule in words: `mean of best 10 on test`.
    package var rule: String
    /// The subset on which measurements were selected; `nil` if none were selected.
    package var selectedOn: Portion?

    package init(value: Double, rule: String, selectedOn: Portion?) {
      self.value = value
      self.rule = rule
      self.selectedOn = selectedOn
    }
  }

  /// Images measured.
  package var images: Int
  /// Fractions of images whose class had the highest score, and one of the five highest.
  package var top1: Double
  package var top5: Double
  /// The mean loss per image.
  package var loss: Double
  /// Whether the accuracy is at chance level.
  package var didNotTrain: Bool
  package var score: Score?

  package init(
    images: Int, top1: Double, top5: Double, loss: Double, didNotTrain: Bool, score: Score? = nil
  ) {
    self.images = images
    self.top1 = top1
    self.top5 = top5
    self.loss = loss
    self.didNotTrain = didNotTrain
    self.score = score
  }
}

extension StageRecord {
  /// The subset that an evaluation measures, from its settings; `nil` for other stages.
  package var measuredSubset: Portion? {
    settings[SettingKey.subset]?.asString.flatMap(Portion.init(rawValue:))
  }
}

extension EvaluationResult: RecordedResult {
  /// `{"images", "top1", "top5", "loss", "did-not-train"}` and, if the score is not the final accuracy, `score`,
  /// `score-rule` and `selected-on`.
  package var metrics: Value {
    var entries: [String: Value] = [
      "images": .integer(images), "top1": .number(top1), "top5": .number(top5),
      "loss": .number(loss), "did-not-train": .bool(didNotTrain),
    ]
    if let score {
      entries["score"] = .number(score.value)
      entries["score-rule"] = .string(score.rule)
      entries["selected-on"] = score.selectedOn.map { .string($0.rawValue) }
    }
    return .map(entries)
  }

  package func words(in record: StageRecord) -> [String] {
    func percent(_ fraction: Double) -> String { "\(fixed(100 * fraction, decimals: 1)) %" }
    let subset = record.measuredSubset.map { "\($0.rawValue) " } ?? ""
    var lines = [
      "top-1 \(percent(top1)), top-5 \(percent(top5)), loss \(fixed(loss, decimals: 4)) on "
        + counted(images, "\(subset)image")
    ]
    if let score { lines.insert("score \(percent(score.value)) (\(score.rule))", at: 0) }
    if didNotTrain { lines.append("the accuracy may be chance: the network did not train") }
    return lines
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount, let top1 = metrics["top1"]?.double,
      let top5 = metrics["top5"]?.double, let loss = metrics["loss"]?.double,
      case .bool(let didNotTrain)? = metrics["did-not-train"]
    else { return nil }
    self.init(images: images, top1: top1, top5: top5, loss: loss, didNotTrain: didNotTrain)
    guard let value = metrics["score"] else { return }
    guard let number = value.double, let rule = metrics["score-rule"]?.asString else { return nil }
    score = Score(value: number, rule: rule, selectedOn: nil)
    guard let selecting = metrics["selected-on"] else { return }
    guard let portion = selecting.asString.flatMap(Portion.init(rawValue:)) else { return nil }
    score?.selectedOn = portion
  }
}
