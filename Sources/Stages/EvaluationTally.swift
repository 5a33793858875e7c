import Engine
import Results

/// Counts the predictions of a network for each class.
package struct EvaluationTally {
  package let classes: [String]
  private var scores = ScoreTally()
  /// Images of each class, and those classified correctly.
  private var classImages: [Int]
  private var classCorrect: [Int]
  /// Images by true class (row) and predicted class (column); `nil` if these are not counted.
  private var confusion: [[Int]]?

  /// - Parameter countsConfusion: whether to count which class is predicted as which, in memory that grows with the
  ///   square of the classes.
  package init(classes: [String], countsConfusion: Bool = true) {
    self.classes = classes
    classImages = Array(repeating: 0, count: classes.count)
    classCorrect = classImages
    confusion =
      countsConfusion ? Array(repeating: classImages, count: classes.count) : nil
  }

  package mutating func add(_ batch: BatchEvaluation) {
    scores.add(batch)
    for (image, label) in batch.labels.enumerated() {
      classImages[Int(label)] += 1
      guard let prediction = batch.prediction(ofImage: image) else { continue }
      if prediction == Int(label) { classCorrect[prediction] += 1 }
      confusion?[Int(label)][prediction] += 1
    }
  }

  package var images: Int { scores.images }
  package var top1: Double { scores.top1 }
  package var top5: Double { scores.top5 }
  package var loss: Double { scores.loss }

  /// Whether the accuracy is at chance level: at most three binomial standard deviations above that of always
  /// predicting the most common class.
  package var isAtChance: Bool {
    let commonest = classImages.max() ?? 0
    let chance = Double(commonest) / Double(images)
    return top1 <= chance + 3 * (chance * (1 - chance) / Double(images)).squareRoot()
  }

  /// The result for the record.
  package var result: EvaluationResult {
    EvaluationResult(images: images, top1: top1, top5: top5, loss: loss, didNotTrain: isAtChance)
  }

  /// The result for each class.
  package var classResults: ClassResults {
    guard
      let results = ClassResults(
        classes: classes, images: classImages, correct: classCorrect, confusion: confusion)
    else {
      preconditionFailure("a task has classes, and a tally counts for each")
    }
    return results
  }
}
