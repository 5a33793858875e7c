import Basics

/// Accuracy relative to the base against n, for similar tasks, dissimilar tasks and random filters: the paper's
/// Figure 3.
package struct RelativeFigure {
  private let network: String?
  private let source: [RelativeSeries]
  private let series: [PlotSeries]

  /// - Parameter series: all of the same network.
  package init(_ series: [RelativeSeries], network: String?) {
    self.network = network
    source = series
    let styles = SeriesStyle.distinct(series.map { RelativeFigure.style($0.comparison) })
    let depths = Set(series.flatMap { $0.points.map(\.depth) }).sorted()
    var plotted: [PlotSeries] = []
    for (series, style) in zip(series, styles) {
      plotted.append(
        PlotSeries(
          label: series.label, style: style,
          points: series.points.map { point in
            PlotSeries.Point(
              x: Double(point.depth), values: point.pairs.map { PlotSeries.Value($0) },
              estimate: point.estimate.inPercent)
          }))
    }
    var dodged = PlotSeries.dodged(plotted, room: 20)
    // A line is interrupted where other series have a point and this one has none.
    for index in dodged.indices {
      let points = dodged[index].points
      dodged[index].points = depths.map { depth in
        points.first { $0.x == Double(depth) }
          ?? PlotSeries.Point(x: Double(depth), values: [], estimate: nil)
      }
    }
    self.series = dodged
  }

  private static func style(_ comparison: RelativeSeries.Comparison) -> SeriesStyle {
    switch comparison {
    case .similarTasks: SeriesStyle(.vermilion, .square)
    case .dissimilarTasks: SeriesStyle(.orange, .triangleDown, dashes: "5 3")
    case .randomFilters: SeriesStyle(.green, .triangle)
    }
  }

  /// One figure per network.
  package static func all(_ series: [RelativeSeries]) -> [Figure] {
    var networks: [String?] = []
    for one in series where !networks.contains(one.network) { networks.append(one.network) }
    return networks.compactMap { network in
      RelativeFigure(series.filter { $0.network == network }, network: network).figure
    }
  }

  package var figure: Figure? {
    let values = series.extent
    guard !values.isEmpty else { return nil }
    let legend = Legend(series.map { Legend.Entry($0.label, .series($0.style)) })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 220
    let y = Scale.linear(covering: values + [0], from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let depths = Set(source.flatMap { $0.points.map(\.depth) }).sorted()
    let last = Double(depths.last ?? 1)
    let margin = max(0.4, last * 0.04)
    // At n = 0 the network is its own base.
    let ticks =
      [Scale.Tick(value: 0, label: "base")]
      + depths.filter { $0 > 0 }.map { Scale.Tick(value: Double($0), label: "\($0)") }
    let axes = Axes(
      frame: frame,
      x: .linear(
        (0 - margin)...(last + margin), ticksAt: ticks, from: frame.left, to: frame.right), y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin,
      title: "Accuracy against n, relative to the base" + (network.map { ": \($0)" } ?? ""),
      summary: series.meansInWords)
    legend.draw(on: &drawing, top: 2)
    axes.draw(
      on: &drawing, xTitle: "n, the number of copied layers",
      yTitle: "top-1 accuracy minus the base's, points")
    let zero = y.position(0)
    drawing.line(
      from: (frame.left, zero), to: (frame.right, zero), .black, width: 1.4, dashes: "6 3")
    for series in series {
      if series.points.first?.estimate != nil, let first = axes.line(of: series).first {
        drawing.polyline(
          [(axes.x.position(0), zero), first], series.style.ink, width: 1.2,
          dashes: series.style.dashes, opacity: 0.6)
      }
      axes.draw(series, on: &drawing) { "\(signed($0)) points" }
    }
    drawing.marker(SeriesStyle(.base), x: axes.x.position(0), y: zero, radius: 3.4)
    return Figure(
      name: "relative" + (network.map { "-" + Figure.fileName($0) } ?? ""), drawing: drawing,
      caption: caption)
  }

  private var caption: String {
    "How much better or worse networks with n frozen layers are than the base of the same target, in percentage "
      + "points. Large marks are means\(series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(over: "pairs")), "
      + "small marks single runs. Networks that did not train are left out and leave gaps in the lines."
      + series.openIntervalsInWords
  }
}
