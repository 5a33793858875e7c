import Basics
import Engine

/// Counts how a network classifies images.
struct EvaluationTally {
  let classes: [String]
  private(set) var images = 0
  private var lossSum = 0.0
  private var correct1 = 0
  private var correct5 = 0
  /// Images by true class (row) and predicted class (column).
  private var confusion: [[Int]]

  init(classes: [String]) {
    self.classes = classes
    confusion = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
  }

  mutating func add(_ batch: BatchEvaluation) {
    images += batch.labels.count
    lossSum += batch.losses.reduce(0, +)
    correct1 += batch.correct(among: 1)
    correct5 += batch.correct(among: 5)
    for (image, label) in batch.labels.enumerated() {
      confusion[Int(label)][batch.prediction(ofImage: image)] += 1
    }
  }

  /// Fraction of images whose class had the greatest score.
  var top1: Double { Double(correct1) / Double(images) }
  /// Fraction of images whose class was among the five greatest scores.
  var top5: Double { Double(correct5) / Double(images) }
  /// The mean loss of an image.
  var loss: Double { lossSum / Double(images) }

  /// Whether the accuracy could be chance: not more than three standard deviations (of the binomial
  /// distribution) above that of always naming the commonest class.
  var isAtChance: Bool {
    let commonest = confusion.map { $0.reduce(0, +) }.max() ?? 0
    let chance = Double(commonest) / Double(images)
    return top1 <= chance + 3 * (chance * (1 - chance) / Double(images)).squareRoot()
  }

  /// What the record keeps.
  var metrics: Value {
    [
      "images": .integer(images), "top1": .number(top1), "top5": .number(top5),
      "loss": .number(loss), "did-not-train": .bool(isAtChance),
    ]
  }
}

extension EvaluationTally: ValueConvertible {
  /// `{"format": 1, "classes", "images", "top1", "top5", "loss", "did-not-train", "per-class",
  /// "confusion"}`; confusion has a row a true class.
  var value: Value {
    guard case .map(var entries) = metrics else { preconditionFailure("metrics are a map") }
    entries["format"] = 1
    entries["classes"] = .list(classes.map(Value.string))
    entries["per-class"] = .list(
      confusion.enumerated().map { index, row in
        let total = row.reduce(0, +)
        return total > 0 ? .number(Double(row[index]) / Double(total)) : .null
      })
    entries["confusion"] = .list(confusion.map { .list($0.map(Value.integer)) })
    return .map(entries)
  }
}
