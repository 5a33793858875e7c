/// A line of means with its runs.
package struct PlotSeries: Sendable {
  package struct Point: Sendable {
    package var x: Double
    /// What single runs gave, with their names.
    package var values: [(name: String, value: Double)]
    package var estimate: Estimate?

    package init(x: Double, values: [(name: String, value: Double)], estimate: Estimate?) {
      self.x = x
      self.values = values.filter { $0.value.isFinite }
      self.estimate = estimate.flatMap {
        $0.mean.isFinite && $0.low.isFinite && $0.high.isFinite ? $0 : nil
      }
    }

    /// Everything that the vertical axis has to cover.
    var extent: [Double] {
      values.map(\.value) + (estimate.map { [$0.mean, $0.low, $0.high] } ?? [])
    }
  }

  package var label: String
  package var style: SeriesStyle
  /// By ascending x.
  package var points: [Point]
  /// How far to the side it is drawn, so that series do not hide each other.
  package var dodge = 0.0

  package init(label: String, style: SeriesStyle, points: [Point]) {
    self.label = label
    self.style = style
    self.points = points
  }

  /// The series set apart from each other, within `room` for all of them.
  static func dodged(_ series: [PlotSeries], room: Double) -> [PlotSeries] {
    let step = min(7, room / Double(max(series.count, 1)))
    let middle = Double(series.count - 1) / 2
    return series.enumerated().map { index, series in
      var series = series
      series.dodge = (Double(index) - middle) * step
      return series
    }
  }
}

extension Axes {
  /// So many runs of one treatment at one n are drawn one by one; more are summed up.
  package static let runsDrawnSingly = 60

  /// Where the series' means stand.
  func line(of series: PlotSeries) -> [(x: Double, y: Double)] {
    series.points.compactMap { point in
      point.estimate.map { (x.position(point.x) + series.dodge, y.position($0.mean)) }
    }
  }

  /// Runs as small marks, 95 % intervals as bars, means as large marks on a line.
  ///
  /// - Parameter text: what a value is called where the reader points at it.
  func draw(
    _ series: PlotSeries, on drawing: inout Drawing, joined: Bool = true,
    text: (Double) -> String
  ) {
    if joined {
      drawing.polyline(line(of: series), series.style.ink, width: 1.8, dashes: series.style.dashes)
    }
    for point in series.points {
      let centre = x.position(point.x) + series.dodge
      if point.values.count > Axes.runsDrawnSingly {
        drawSpread(of: point, at: centre, series.style, on: &drawing)
      } else if point.values.count > 1 {
        drawRuns(of: point, at: centre, series.style, on: &drawing, text: text)
      }
      guard let estimate = point.estimate else { continue }
      if estimate.hasInterval {
        let low = y.position(estimate.low), high = y.position(estimate.high)
        drawing.line(from: (centre, low), to: (centre, high), series.style.ink, width: 1.4)
        for end in [low, high] {
          drawing.line(from: (centre - 2.5, end), to: (centre + 2.5, end), series.style.ink, width: 1.4)
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
    // Equal values step aside in turn.
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

  /// A thin bar over nineteen in twenty runs, a thick one over the middle half.
  private func drawSpread(
    of point: PlotSeries.Point, at centre: Double, _ style: SeriesStyle,
    on drawing: inout Drawing
  ) {
    let sorted = point.values.map(\.value).sorted()
    func quantile(_ share: Double) -> Double {
      y.position(sorted[Int((share * Double(sorted.count - 1)).rounded())])
    }
    for (share, half, opacity) in [(0.025, 1.2, 0.35), (0.25, 3.0, 0.35)] {
      drawing.rectangle(
        Box(
          left: centre - half, top: quantile(1 - share), right: centre + half,
          bottom: quantile(share)), style.ink, opacity: opacity)
    }
  }
}
