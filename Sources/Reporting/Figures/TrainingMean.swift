/// Summary of the training runs of one treatment: the mean and the range by iteration.
package struct TrainingMean {
  package struct Point: Hashable {
    package var iteration: Double
    package var mean: Double
    package var low: Double
    package var high: Double
  }

  var label: String
  var style: SeriesStyle
  /// The number of runs.
  var count: Int
  var loss: [Point]
  var accuracy: [Point]
  var measuredLoss: [Point]
  var measuredAccuracy: [Point]

  /// The means of the curves of each label, in order of the first of each.
  ///
  /// - Parameter limit: the maximum number of points of a mean.
  static func all(of curves: [TrainingCurve], atMost limit: Int) -> [TrainingMean] {
    var order: [String] = []
    var byLabel: [String: [TrainingCurve]] = [:]
    for curve in curves {
      if byLabel[curve.label] == nil { order.append(curve.label) }
      byLabel[curve.label, default: []].append(curve)
    }
    return order.compactMap { label in
      guard let own = byLabel[label], let first = own.first else { return nil }
      func mean(_ series: (TrainingCurve) -> [TrainingCurve.Point]) -> [Point] {
        points(of: own.map(series), atMost: limit)
      }
      return TrainingMean(
        label: label, style: first.style, count: own.count, loss: mean(\.loss),
        accuracy: mean(\.accuracy), measuredLoss: mean(\.measuredLoss),
        measuredAccuracy: mean(\.measuredAccuracy))
    }
  }

  /// Divides the iterations into equal intervals, as many as the shortest record has points, and averages the runs'
  /// own means in each. Once some runs have ended, the mean is over the others.
  package static func points(of runs: [[TrainingCurve.Point]], atMost limit: Int) -> [Point] {
    let runs = runs.filter { !$0.isEmpty }
    guard let fewest = runs.map(\.count).min(),
      let last = runs.compactMap({ $0.map(\.iteration).max() }).max()
    else { return [] }
    let stretches = max(1, min(fewest, limit))
    var sums = Array(repeating: Sums(), count: stretches)
    for run in runs {
      var own = Array(repeating: (count: 0, iteration: 0.0, value: 0.0), count: stretches)
      for point in run {
        // Iterations come from a file: values outside are assigned to the nearest interval.
        let share = last > 0 ? max(0, min(1, point.iteration / last)) : 0
        let index = min(stretches - 1, Int((share * Double(stretches)).rounded(.up)) - 1)
        let stretch = max(0, index)
        own[stretch].count += 1
        own[stretch].iteration += point.iteration
        own[stretch].value += point.value
      }
      for (index, part) in own.enumerated() where part.count > 0 {
        sums[index].add(part.value / Double(part.count), at: part.iteration / Double(part.count))
      }
    }
    return sums.compactMap(\.point)
  }

  private struct Sums {
    private var count = 0
    private var iteration = 0.0
    private var sum = 0.0
    private var low = Double.infinity
    private var high = -Double.infinity

    mutating func add(_ value: Double, at iteration: Double) {
      count += 1
      self.iteration += iteration
      sum += value
      low = min(low, value)
      high = max(high, value)
    }

    var point: Point? {
      guard count > 0 else { return nil }
      return Point(
        iteration: iteration / Double(count), mean: sum / Double(count), low: low, high: high)
    }
  }
}
