import Basics

/// Accuracy against the number of training images per class, on a linear and on a logarithmic axis.
package struct ExamplesFigure {
  private let source: [ExampleSeries]
  private let series: [PlotSeries]

  package init(_ series: [ExampleSeries]) {
    source = series
    self.series = series.enumerated().map { index, series in
      PlotSeries(
        label: series.label, style: SeriesStyle.cycle(index),
        points: series.points.map { point in
          PlotSeries.Point(
            x: Double(point.examples),
            values: PlotSeries.Value.accuracies(of: point.runs),
            estimate: point.estimate?.inPercent)
        })
    }
  }

  /// The figure; `nil` if no run has a result, or nothing was trained on several numbers of images.
  package var figure: Figure? {
    guard source.contains(where: { $0.points.count > 1 }) else { return nil }
    let unlimited = source.compactMap { $0.unlimited?.estimate?.inPercent }
    let values =
      series.extent + unlimited.flatMap { [$0.low, $0.high] }
    guard !values.isEmpty else { return nil }
    let hasUntrained = !untrained.isEmpty
    let legend = Legend(
      series.map { Legend.Entry($0.label, .series($0.style)) }
        + (unlimited.isEmpty
          ? [] : [Legend.Entry("all images", .line(SeriesStyle(.black, .diamond, dashes: "6 3")))])
        + (hasUntrained
          ? [Legend.Entry("did not train", .point(SeriesStyle(.red, .cross)))] : []))
    let plotHeight = 170.0
    let firstTop = legend.height + Axes.topMargin + 4
    let pitch = plotHeight + Axes.bottomMargin + Axes.topMargin + 4
    var drawing = Drawing(
      height: firstTop + pitch + plotHeight + Axes.bottomMargin,
      title: "Accuracy against images per class", summary: summary)
    legend.draw(on: &drawing, top: 2)
    let counts = source.flatMap { $0.points.map { Double($0.examples) } }
    for (index, kind) in [Scale.Kind.linear, .logarithmic].enumerated() {
      let top = firstTop + Double(index) * pitch
      let y = Scale.linear(
        covering: values + [0], from: top + plotHeight, to: top, ticks: 5)
      let frame = Box(
        left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 14,
        bottom: top + plotHeight)
      // Keeps marks at the ends clear of the frame.
      let margin = 8 + min(ExamplesFigure.mostRoom, 7 * Double(series.count - 1)) / 2
      let inner = (frame.left + margin, frame.right - margin)
      let x: Scale =
        kind == .linear
        ? .linear(covering: counts + [0], from: inner.0, to: inner.1)
        : .logarithmic(covering: counts, from: inner.0, to: inner.1, labels: 10)
      let axes = Axes(frame: frame, x: x, y: y)
      axes.draw(
        on: &drawing,
        xTitle: "training images per class"
          + (kind == .logarithmic ? " (logarithmic)" : ""), yTitle: "top-1 accuracy, %")
      for one in unlimited {
        let level = y.position(one.mean)
        drawing.line(
          from: (frame.left, level), to: (frame.right, level), .black, width: 1.4, dashes: "6 3")
      }
      for series in PlotSeries.dodged(series, room: ExamplesFigure.room(for: counts, on: x)) {
        axes.draw(series, on: &drawing) { "\(fixed($0, decimals: 1)) %" }
      }
      for run in untrained {
        drawing.marker(
          SeriesStyle(.red, .cross), x: x.position(run.examples), y: y.position(run.accuracy),
          radius: 3, title: "\(run.name): did not train")
      }
    }
    return Figure(name: "examples", drawing: drawing, caption: caption)
  }

  private static let mostRoom = 44.0

  /// The space that marks at one number of images may take without reaching those at the next.
  private static func room(for counts: [Double], on x: Scale) -> Double {
    let positions = Set(counts).sorted().map(x.position)
    let narrowest = zip(positions, positions.dropFirst()).map { $1 - $0 }.min() ?? 0
    return min(mostRoom, 0.7 * narrowest)
  }

  /// Networks at chance, in per cent.
  private var untrained: [(name: String, examples: Double, accuracy: Double)] {
    var found: [(name: String, examples: Double, accuracy: Double)] = []
    for point in source.flatMap(\.points) {
      for run in point.runs {
        guard case .atChance(let measure) = run.outcome, measure.top1.isFinite else { continue }
        found.append((run.name, Double(point.examples), 100 * measure.top1))
      }
    }
    return found
  }

  private var summary: String {
    series.map { series in
      "\(series.label): "
        + series.points.compactMap { point in
          point.estimate.map { "\(Int(point.x)) images \(fixed($0.mean, decimals: 1)) %" }
        }.prefix(24).joined(separator: ", ") + "."
    }.joined(separator: " ")
  }

  private var caption: String {
    "Top-1 accuracy against the number of training images per class; above with a linear axis, below with a "
      + "logarithmic one. Marks are means\(series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(over: "runs"))."
      + series.openIntervalsInWords
      + (source.contains { $0.unlimited != nil }
        ? " The dashed line is the same network trained on all images." : "")
      + (untrained.isEmpty
        ? ""
        : " Crosses are networks that ended at chance: they did not train and are excluded from means.")
  }
}
