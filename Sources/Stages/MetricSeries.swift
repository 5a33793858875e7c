import Engine

/// Loss, accuracy and rate over a training.
struct MetricSeries {
  /// Means over the steps since the point before.
  struct Point {
    /// Steps made.
    var iteration: Int
    /// Passes over the data made.
    var epoch: Double
    /// The rate of the last step.
    var rate: Double
    /// Mean loss of an image, each measured before its step.
    var loss: Double
    /// Fraction of images classified rightly, likewise.
    var accuracy: Double
  }

  var points: [Point] = []

  /// Comma-separated values, a line a point.
  var csv: String {
    var text = "iteration,epoch,rate,loss,accuracy\n"
    for point in points {
      text += "\(point.iteration),\(point.epoch),\(point.rate),\(point.loss),\(point.accuracy)\n"
    }
    return text
  }
}

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

  /// The mean loss of an image.
  var loss: Double { lossSum / Double(images) }
  /// The fraction of images classified rightly.
  var accuracy: Double { Double(correct) / Double(images) }

  func point(iteration: Int, epoch: Double, rate: Double) -> MetricSeries.Point {
    MetricSeries.Point(
      iteration: iteration, epoch: epoch, rate: rate, loss: loss, accuracy: accuracy)
  }
}
