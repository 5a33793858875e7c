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
  /// What was measured meanwhile, in order.
  var measurements: [Measurement] = []

  /// Comma-separated values, a line a point. Where something was measured, a last column tells what each
  /// line is about, and measured lines have no rate.
  var csv: String {
    guard !measurements.isEmpty else {
      return "iteration,epoch,rate,loss,accuracy\n" + points.map { "\($0.csv)\n" }.joined()
    }
    var text = "iteration,epoch,rate,loss,accuracy,subset\n"
    var rest = measurements[...]
    func appendMeasured(_ measurement: Measurement) {
      text +=
        "\(measurement.iteration),\(measurement.epoch),,\(measurement.loss),"
        + "\(measurement.top1),\(measurement.subset.rawValue)\n"
    }
    for point in points {
      while let next = rest.first, next.iteration < point.iteration {
        appendMeasured(rest.removeFirst())
      }
      text += "\(point.csv),train\n"
    }
    rest.forEach(appendMeasured)
    return text
  }
}

extension MetricSeries.Point {
  fileprivate var csv: String { "\(iteration),\(epoch),\(rate),\(loss),\(accuracy)" }
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
