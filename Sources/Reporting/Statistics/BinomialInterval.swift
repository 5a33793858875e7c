/// The 97.5th percentile of the standard normal distribution.
private let normalQuantile = 1.959963984540054

extension Estimate {
  /// One accuracy with Wilson's score interval (*Probable inference, the law of succession, and statistical
  /// inference*, JASA 1927): the range for other images of the same kind.
  ///
  /// - Parameter images: `nil` if unknown; then there is no interval.
  package init(accuracy: Double, images: Int?) {
    guard let images, images > 0 else {
      self.init(mean: accuracy, count: 1)
      return
    }
    let interval = wilsonInterval(accuracy, images: images)
    self.init(
      mean: accuracy, low: interval.low, high: interval.high, count: 1, method: .binomial)
  }

  /// The difference of two accuracies, by Newcombe's method (*Interval estimation for the difference between
  /// independent proportions*, Statistics in Medicine 1998, method 10).
  ///
  /// It assumes different images. Two networks measured on the same images make many of the same errors, so the
  /// interval is conservative.
  package init(accuracy minuend: Measure, minus subtrahend: Measure) {
    let difference = minuend.top1 - subtrahend.top1
    guard let images1 = minuend.images, let images2 = subtrahend.images, images1 > 0, images2 > 0
    else {
      self.init(mean: difference, count: 1)
      return
    }
    let first = wilsonInterval(minuend.top1, images: images1)
    let second = wilsonInterval(subtrahend.top1, images: images2)
    func distance(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    self.init(
      mean: difference,
      low: difference - distance(minuend.top1 - first.low, second.high - subtrahend.top1),
      high: difference + distance(first.high - minuend.top1, subtrahend.top1 - second.low),
      count: 1, method: .binomial)
  }
}

private func wilsonInterval(_ accuracy: Double, images: Int) -> (low: Double, high: Double) {
  let n = Double(images)
  let square = normalQuantile * normalQuantile
  let center = (accuracy + square / (2 * n)) / (1 + square / n)
  let spread =
    normalQuantile / (1 + square / n)
    * (accuracy * (1 - accuracy) / n + square / (4 * n * n)).squareRoot()
  // Rounding may put a bound slightly outside an accuracy of 0 or 1.
  return (min(max(center - spread, 0), accuracy), max(min(center + spread, 1), accuracy))
}
