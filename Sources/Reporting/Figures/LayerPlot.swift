import Basics

/// Numbers of several groups of networks by layer, as lines.
struct LayerPlot {
  var name: String
  var title: String
  var layers: [String]
  /// At x = 1 for the first layer.
  var series: [PlotSeries]
  var xTitle: String
  var yTitle: String
  /// A number with its unit.
  var text: (Double) -> String
  /// What is drawn; the meaning of marks follows.
  var caption: String

  var figure: Figure? {
    let values = series.extent
    guard !values.isEmpty, !layers.isEmpty else { return nil }
    let legend = Legend(series.map { Legend.Entry($0.label, .series($0.style)) })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 230
    let y = Scale.linear(covering: values, from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let ticks = layers.indices.map { Scale.Tick(value: Double($0 + 1), label: "\($0 + 1)") }
    let axes = Axes(
      frame: frame,
      x: .linear(
        0.5...(Double(layers.count) + 0.5), ticksAt: ticks, from: frame.left, to: frame.right),
      y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: title, summary: series.meansInWords)
    legend.draw(on: &drawing, top: 2)
    axes.draw(on: &drawing, xTitle: xTitle, yTitle: yTitle)
    for one in series { axes.draw(one, on: &drawing, text: text) }
    let names = layers.enumerated().map { "\($0.offset + 1) \($0.element)" }
    return Figure(
      name: name, drawing: drawing,
      caption: caption + " Layers: " + names.joined(separator: ", ") + ". Large marks are means"
        + series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(over: "networks")
        + ", small marks single networks." + series.openIntervalsInWords)
  }
}
