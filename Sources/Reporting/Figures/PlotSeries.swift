/// A line of means with the individual runs.
package struct PlotSeries: Sendable {
  /// The value of a single run.
  package struct Value: Hashable, Sendable {
    package var name: String
    package var value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  package struct Point: Sendable {
    package var x: Double
    package var values: [Value]
    /// `nil` also if it is not finite.
    package let estimate: Estimate?
    /// Horizontal offset, so that series do not hide each other.
    package var dodge = 0.0

    /// - Parameter values: non-finite values are dropped.
    package init(x: Double, values: [Value], estimate: Estimate?) {
      self.x = x
      self.values = values.filter { $0.value.isFinite }
      if let estimate, estimate.mean.isFinite, estimate.low.isFinite, estimate.high.isFinite {
        self.estimate = estimate
      } else {
        self.estimate = nil
      }
    }

    /// The drawn values, including the mean.
    fileprivate var marks: [Double] {
      let drawn =
        values.count > Axes.runsDrawnSingly ? quantiles([0.025, 0.975]) : values.map(\.value)
      return drawn + (estimate.map { [$0.mean] } ?? [])
    }

    /// Quantiles of the values, rounded to the nearest value.
    func quantiles(_ shares: [Double]) -> [Double] {
      let sorted = values.map(\.value).sorted()
      guard !sorted.isEmpty else { return [] }
      return shares.map { sorted[Int(($0 * Double(sorted.count - 1)).rounded())] }
    }
  }

  package var label: String
  package var style: SeriesStyle
  /// By ascending x.
  package var points: [Point]

  package init(label: String, style: SeriesStyle, points: [Point]) {
    self.label = label
    self.style = style
    self.points = points
  }

  /// The series with offsets that share `room`. Around each x, the points there are centred: a point that is alone
  /// stays at its tick.
  static func dodged(_ series: [PlotSeries], room: Double) -> [PlotSeries] {
    let step = min(7, room / Double(max(series.count, 1)))
    var counts: [Double: Int] = [:]
    for point in series.flatMap(\.points) { counts[point.x, default: 0] += 1 }
    var placed: [Double: Int] = [:]
    var dodged = series
    for index in dodged.indices {
      for point in dodged[index].points.indices {
        let x = dodged[index].points[point].x
        let middle = Double((counts[x] ?? 1) - 1) / 2
        dodged[index].points[point].dodge = (Double(placed[x] ?? 0) - middle) * step
        placed[x, default: 0] += 1
      }
    }
    return dodged
  }
}

extension PlotSeries.Value {
  /// In percentage points.
  init(_ pair: ContrastPoint.Pair) {
    self.init(pair.name, 100 * pair.difference)
  }

  /// The accuracies of the runs that trained, in per cent.
  static func accuracies(of runs: [RunResult]) -> [PlotSeries.Value] {
    // A loop, since the compiler (6.3.1) crashes on `compactMap` with a nested `map` here.
    var values: [PlotSeries.Value] = []
    for run in runs {
      if let top1 = run.top1 { values.append(PlotSeries.Value(run.name, 100 * top1)) }
    }
    return values
  }
}

extension Axes {
  /// Up to this number of runs of one treatment at one n, runs are drawn individually; larger numbers are summarised.
  package static let runsDrawnSingly = 60

  /// The horizontal position of a point's marks.
  func centre(of point: PlotSeries.Point) -> Double { x.position(point.x) + point.dodge }

  /// The positions of the series' means.
  func line(of series: PlotSeries) -> [(x: Double, y: Double)] {
    segments(of: series).flatMap { $0 }
  }

  /// The same, interrupted at points without a mean, so that no line passes networks that did not train.
  func segments(of series: PlotSeries) -> [[(x: Double, y: Double)]] {
    var segments: [[(x: Double, y: Double)]] = [[]]
    for point in series.points {
      if let estimate = point.estimate {
        segments[segments.count - 1].append((centre(of: point), y.position(estimate.mean)))
      } else {
        segments.append([])
      }
    }
    return segments.filter { !$0.isEmpty }
  }

  /// Runs as small marks, 95 % intervals as bars, means as large marks on a line.
  ///
  /// - Parameter text: the tooltip of a value.
  func draw(
    _ series: PlotSeries, on drawing: inout Drawing, joined: Bool = true,
    text: (Double) -> String
  ) {
    if joined {
      for segment in segments(of: series) {
        drawing.polyline(segment, series.style.ink, width: 1.8, dashes: series.style.dashes)
      }
    }
    for point in series.points {
      let centre = centre(of: point)
      if point.values.count > Axes.runsDrawnSingly {
        drawSpread(of: point, at: centre, series.style, on: &drawing)
      } else if point.values.count > 1 {
        drawRuns(of: point, at: centre, series.style, on: &drawing, text: text)
      }
      guard let estimate = point.estimate else { continue }
      if estimate.hasInterval {
        let ends = [y.position(estimate.low), y.position(estimate.high)]
        let drawn = ends.map { min(max($0, frame.top), frame.bottom) }
        drawing.line(
          from: (centre, drawn[0]), to: (centre, drawn[1]), series.style.ink, width: 1.4)
        // A bar that extends beyond the frame has no cap there.
        for end in ends where end >= frame.top && end <= frame.bottom {
          drawing.line(
            from: (centre - 2.5, end), to: (centre + 2.5, end), series.style.ink, width: 1.4)
        }
      }
      let single = point.values.count == 1 ? "\(point.values[0].name): " : "\(series.label): "
      drawing.marker(
        series.style, x: centre, y: y.position(estimate.mean), radius: 3.4,
        title: single + text(estimate.mean))
    }
  }

  private func drawRuns(
    of point: PlotSeries.Point, at centre: Double, _ style: SeriesStyle,
    on drawing: inout Drawing, text: (Double) -> String
  ) {
    // Equal values are offset in turn.
    var last: [Double: Double] = [:]
    for run in point.values.sorted(by: { $0.value < $1.value }) {
      let position = y.position(run.value)
      let offsets = [0, -3.2, 3.2, -6.4, 6.4]
      let offset = offsets.first { position + 2.6 < last[$0] ?? .infinity } ?? 0
      last[offset] = position
      drawing.marker(
        SeriesStyle(style.ink, style.marker), x: centre + offset, y: position, radius: 1.7,
        opacity: 0.55, title: "\(run.name): \(text(run.value))")
    }
  }

  /// A thin bar over 95 % of the runs, a thick one over the middle 50 %.
  private func drawSpread(
    of point: PlotSeries.Point, at centre: Double, _ style: SeriesStyle,
    on drawing: inout Drawing
  ) {
    let positions = point.quantiles([0.025, 0.975, 0.25, 0.75]).map { y.position($0) }
    for (low, high, half) in [(0, 1, 1.2), (2, 3, 3.0)] {
      drawing.rectangle(
        Box(
          left: centre - half, top: positions[high], right: centre + half, bottom: positions[low]),
        style.ink, opacity: 0.35)
    }
  }
}

extension [PlotSeries] {
  /// The range that the vertical axis has to cover: all marks, and intervals up to the distance between the marks
  /// beyond them. Intervals of two runs are so wide that nothing else would be visible.
  var extent: [Double] {
    let marks = flatMap { $0.points.flatMap(\.marks) }
    guard let bounds = reach(beyond: marks) else { return marks }
    return marks
      + intervals.flatMap { [Swift.max($0.low, bounds.low), Swift.min($0.high, bounds.high)] }
  }

  private var intervals: [Estimate] {
    flatMap { $0.points.compactMap(\.estimate) }.filter(\.hasInterval)
  }

  /// The visible part of intervals; `nil` without one.
  private func reach(beyond marks: [Double]) -> (low: Double, high: Double)? {
    guard let low = marks.min(), let high = marks.max(),
      let narrowest = intervals.map({ $0.high - $0.low }).filter({ $0 > 0 }).min()
    else { return nil }
    let reach = Swift.max(high - low, narrowest)
    return (low - reach, high + reach)
  }

  /// The caption's remark on intervals that end outside the frame; empty if there are none.
  var openIntervalsInWords: String {
    guard let bounds = reach(beyond: flatMap { $0.points.flatMap(\.marks) }),
      intervals.contains(where: { $0.low < bounds.low || $0.high > bounds.high })
    else { return "" }
    return " Bars without a cap extend beyond the frame: few independent runs give wide intervals."
  }

  /// The means with their signs, by n, for readers who cannot see the figure.
  var meansInWords: String {
    map { series in
      let means = series.points.compactMap { point in
        point.estimate.map { "n=\(Int(point.x)) \(signed($0.mean))" }
      }
      return "\(series.label): \(means.prefix(24).joined(separator: ", "))."
    }.joined(separator: " ")
  }
}

extension [Estimate] {
  /// The caption's description of the bars: `, bars their 95 % intervals (…)`.
  ///
  /// - Parameter what: `runs` or `pairs`.
  func intervalsInWords(over what: String) -> String {
    let methods = Set(map(\.method))
    let kinds = [
      methods.contains(.student) ? "Student's t over independent \(what)" : nil,
      methods.contains(.binomial)
        ? "\(methods.contains(.student) ? "of single \(what) " : "")binomial: the choice of test images only"
        : nil,
    ].compactMap { $0 }
    guard !kinds.isEmpty else { return "; there are no intervals" }
    return ", bars their 95 % intervals (\(kinds.joined(separator: "; ")))"
  }
}
