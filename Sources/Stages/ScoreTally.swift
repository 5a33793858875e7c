import Engine
import Results

/// Counts the correct predictions of a network.
struct ScoreTally {
  private(set) var images = 0
  private var lossSum = 0.0
  private var correct1 = 0
  private var correct5 = 0

  mutating func add(_ batch: BatchEvaluation) {
    images += batch.labels.count
    lossSum += batch.losses.reduce(0, +)
    correct1 += batch.correct(among: 1)
    correct5 += batch.correct(among: 5)
  }

  /// Fraction of images whose class had the highest score.
  var top1: Double { Double(correct1) / Double(images) }
  /// Fraction of images whose class was among the five highest scores.
  var top5: Double { Double(correct5) / Double(images) }
  /// The mean loss per image.
  var loss: Double { lossSum / Double(images) }
}
