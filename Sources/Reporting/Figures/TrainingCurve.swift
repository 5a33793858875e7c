import Results

/// Loss, accuracy and learning rate of one training run by iteration.
package struct TrainingCurve: Sendable {
  package struct Point: Hashable, Sendable {
    package var iteration: Double
    package var value: Double

    package init(iteration: Double, value: Double) {
      self.iteration = iteration
      self.value = value
    }
  }

  package var label: String
  package var style: SeriesStyle
  /// During training, each the mean over an interval, measured before its steps.
  package private(set) var loss: [Point] = []
  package private(set) var accuracy: [Point] = []
  package private(set) var rate: [Point] = []
  /// Measured on images other than those trained on.
  package private(set) var measuredLoss: [Point] = []
  package private(set) var measuredAccuracy: [Point] = []

  package init(label: String, style: SeriesStyle, series: MetricSeries) {
    self.label = label
    self.style = style
    func points<Element>(
      _ elements: [Element], _ iteration: KeyPath<Element, Int>, _ value: KeyPath<Element, Double>
    ) -> [Point] {
      elements.filter { $0[keyPath: value].isFinite }.map {
        Point(iteration: Double($0[keyPath: iteration]), value: $0[keyPath: value])
      }
    }
    loss = points(series.points, \.iteration, \.loss)
    accuracy = points(series.points, \.iteration, \.accuracy)
    rate = points(series.points, \.iteration, \.rate)
    measuredLoss = points(series.measured, \.iteration, \.loss)
    measuredAccuracy = points(series.measured, \.iteration, \.accuracy)
  }

  /// The last iteration of anything recorded; 0 without points.
  package var length: Double {
    [loss, accuracy, rate, measuredLoss, measuredAccuracy].joined().map(\.iteration).max() ?? 0
  }

  /// The same with iterations in per cent of the training run's own length.
  package var relative: TrainingCurve {
    let length = max(length, 1)
    func scaled(_ points: [Point]) -> [Point] {
      points.map { Point(iteration: 100 * $0.iteration / length, value: $0.value) }
    }
    var curve = self
    (curve.loss, curve.accuracy, curve.rate) = (scaled(loss), scaled(accuracy), scaled(rate))
    (curve.measuredLoss, curve.measuredAccuracy) = (scaled(measuredLoss), scaled(measuredAccuracy))
    return curve
  }

  /// The means of equal intervals of points, at most `limit` of them.
  package static func thinned(_ points: [Point], to limit: Int) -> [Point] {
    let stretch = (points.count + limit - 1) / max(limit, 1)
    guard stretch > 1 else { return points }
    return stride(from: 0, to: points.count, by: stretch).map { start in
      let part = points[start..<min(start + stretch, points.count)]
      let count = Double(part.count)
      return Point(
        iteration: part.reduce(0) { $0 + $1.iteration } / count,
        value: part.reduce(0) { $0 + $1.value } / count)
    }
  }
}
