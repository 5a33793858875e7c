import Basics

/// Paired differences of treatments against n: the gaps of the accuracy figure, with each run compared on the same
/// target.
package struct DifferenceFigure {
  private let experiment: Experiment
  private let series: [PlotSeries]

  package init(_ experiment: Experiment) {
    self.experiment = experiment
    let styles: [ContrastKind: SeriesStyle] = [
      .lostCoadaptation: SeriesStyle(.blue, .circle),
      .specificity: SeriesStyle(.vermilion, .square),
      .transferCost: SeriesStyle(.black, .diamond, dashes: "6 3"),
      .fineTuningGain: SeriesStyle(.green, .triangle),
      .transferGain: SeriesStyle(.orange, .triangle, isOpen: true, dashes: "4 2.5"),
      .selfferGain: SeriesStyle(.sky, .circle, isOpen: true, dashes: "2 2.5"),
    ]
    var plotted = experiment.contrasts.compactMap { contrast -> PlotSeries? in
      guard let style = styles[contrast.kind] ?? DifferenceFigure.style(contrast.kind),
        contrast.points.contains(where: { $0.estimate != nil })
      else { return nil }
      return PlotSeries(
        label: contrast.kind.formula, style: style,
        points: contrast.points.map { point in
          PlotSeries.Point(
            x: Double(point.depth),
            values: point.pairs.map { PlotSeries.Value($0) },
            estimate: point.estimate?.inPercent)
        })
    }
    let distinct = SeriesStyle.distinct(plotted.map(\.style))
    for index in plotted.indices { plotted[index].style = distinct[index] }
    series = PlotSeries.dodged(
      plotted,
      room: min(44, 0.7 * Drawing.columnWidth / Double(max(experiment.depths.count, 1))))
  }

  /// The figure; `nil` without pairs.
  package var figure: Figure? {
    let values = series.extent
    guard !values.isEmpty else { return nil }
    let legend = Legend(
      zip(
        experiment.contrasts.filter { c in series.contains { $0.label == c.kind.formula } }, series
      )
      .map { contrast, series in
        Legend.Entry(DifferenceFigure.label(contrast.kind), .series(series.style))
      })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 210
    let y = Scale.linear(covering: values + [0], from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let depths = experiment.depths
    let first = Double(depths.first ?? 0), last = Double(depths.last ?? 1)
    let margin = max(0.5, (last - first) * 0.05)
    let x = Scale.linear(
      (first - margin)...(last + margin),
      ticksAt: depths.map { Scale.Tick(value: Double($0), label: "\($0)") }, from: frame.left,
      to: frame.right)
    let axes = Axes(frame: frame, x: x, y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin,
      title: "Paired differences against n: \(experiment.title)",
      summary: series.meansInWords)
    legend.draw(on: &drawing, top: 2)
    axes.draw(
      on: &drawing, xTitle: "n, the number of copied layers",
      yTitle: "difference in top-1 accuracy, points")
    let zero = y.position(0)
    drawing.line(from: (frame.left, zero), to: (frame.right, zero), .text, width: 1)
    for series in series {
      axes.draw(series, on: &drawing) { "\(signed($0)) points" }
    }
    return Figure(
      name: "differences-" + Figure.fileName(experiment.title), drawing: drawing, caption: caption)
  }

  private static func label(_ kind: ContrastKind) -> String {
    switch kind {
    case .lostCoadaptation, .specificity, .transferCost: "\(kind.title): \(kind.formula)"
    case .fineTuningGain: "fine-tuning gain: \(kind.formula)"
    case .transferGain, .selfferGain, .phases: kind.formula
    }
  }

  /// The style of a contrast without one of its own.
  private static func style(_ kind: ContrastKind) -> SeriesStyle? {
    if case .phases(let treatment) = kind { SeriesStyle(treatment) } else { nil }
  }

  private var caption: String {
    let counts = series.flatMap(\.points).compactMap(\.estimate).map(\.count)
    let fewest = counts.min() ?? 0, most = counts.max() ?? 0
    let range = fewest == most ? "\(most)" : "\(fewest) to \(most)"
    let intervals = series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(
      over: "pairs")
    return
      "Differences in percentage points, each of two runs on the same target (task, division of the classes, "
      + "seed). Large marks are means over \(range) pair\(most == 1 ? "" : "s")\(intervals)"
      + "\(most > 1 ? ", small marks single pairs" : "").\(series.openIntervalsInWords)"
  }
}

/// A number with its sign and one decimal.
func signed(_ number: Double) -> String {
  let text = fixed(number, decimals: 1)
  return number > 0 && text != "0.0" ? "+\(text)" : text.replacing("-", with: "−")
}
