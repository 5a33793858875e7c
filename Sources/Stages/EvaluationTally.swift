import Engine
import Results

/// Counts the predictions of a network.
package struct EvaluationTally {
  package let classes: [String]
  package private(set) var images = 0
  private var lossSum = 0.0
  private var correct1 = 0
  private var correct5 = 0
  /// Images by true class (row) and predicted class (column).
  private var confusion: [[Int]]

  package init(classes: [String]) {
    self.classes = classes
    confusion = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
  }

  package mutating func add(_ batch: BatchEvaluation) {
    images += batch.labels.count
    lossSum += batch.losses.reduce(0, +)
    correct1 += batch.correct(among: 1)
    correct5 += batch.correct(among: 5)
    for (image, label) in batch.labels.enumerated() {
      confusion[Int(label)][batch.prediction(ofImage: image)] += 1
    }
  }

  /// Fraction of images whose class had the highest score.
  package var top1: Double { Double(correct1) / Double(images) }
  /// Fraction of images whose class was among the five highest scores.
  package var top5: Double { Double(correct5) / Double(images) }
  /// The mean loss per image.
  package var loss: Double { lossSum / Double(images) }

  /// Whether the accuracy is at chance level: at most three binomial standard deviations above that of always
  /// predicting the most common class.
  package var isAtChance: Bool {
    let commonest = confusion.map { $0.reduce(0, +) }.max() ?? 0
    let chance = Double(commonest) / Double(images)
    return top1 <= chance + 3 * (chance * (1 - chance) / Double(images)).squareRoot()
  }

  /// The result for the record.
  package var result: EvaluationResult {
    EvaluationResult(images: images, top1: top1, top5: top5, loss: loss, didNotTrain: isAtChance)
  }

  /// The result for each class.
  package var classResults: ClassResults {
    guard let results = ClassResults(classes: classes, confusion: confusion) else {
      preconditionFailure("a task has classes, and a tally a row and a column for each")
    }
    return results
  }
}
