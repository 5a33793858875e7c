import Engine
import Results

/// Sums over some steps.
struct MetricWindow {
  private(set) var images = 0
  private var lossSum = 0.0
  private var correct = 0

  mutating func add(_ result: StepResult, images: Int) {
    self.images += images
    lossSum += result.loss * Double(images)
    correct += result.correct
  }

  /// The mean loss per image.
  var loss: Double { lossSum / Double(images) }
  /// The fraction of images classified correctly.
  var accuracy: Double { Double(correct) / Double(images) }

  func point(iteration: Int, epoch: Double, rate: Double) -> MetricSeries.Point {
    MetricSeries.Point(
      iteration: iteration, epoch: epoch, rate: rate, loss: loss, accuracy: accuracy)
  }
}
