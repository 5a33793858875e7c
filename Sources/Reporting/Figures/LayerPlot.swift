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
  /// Whether each layer's name follows its number.
  var isNumbered = false
  /// A layer whose means are all above it is drawn at the upper edge if those of others are below its half.
  var limit: Double?

  private static let plotHeight = 230.0
  /// Longer names are shortened.
  private static let longestName = 90.0

  var figure: Figure? {
    let outside = outside
    let inside = series.map { one in
      var one = one
      one.points = one.points.map { point in
        outside.contains(point.x) ? PlotSeries.Point(x: point.x, values: [], estimate: nil) : point
      }
      return one
    }
    let values = inside.extent
    guard !values.isEmpty, !layers.isEmpty else { return nil }
    let legend = Legend(series.map { Legend.Entry($0.label, .series($0.style)) })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + LayerPlot.plotHeight
    let y = Scale.linear(covering: values, from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let labels = Labels(names, columnWidth: frame.width / Double(layers.count))
    let ticks = layers.indices.map { index in
      Scale.Tick(value: Double(index + 1), label: labels.isRising ? "" : labels.texts[index])
    }
    let axes = Axes(
      frame: frame,
      x: .linear(
        0.5...(Double(layers.count) + 0.5), ticksAt: ticks, from: frame.left, to: frame.right),
      y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin + labels.extraHeight, title: title,
      summary: summary)
    legend.draw(on: &drawing, top: 2)
    axes.draw(on: &drawing, xTitle: labels.isRising ? nil : xTitle, yTitle: yTitle)
    if labels.isRising {
      for (tick, text) in zip(ticks, labels.texts) {
        drawing.risingText(
          text, x: axes.x.position(tick.value), y: bottom + 7, anchor: .end, ink: .faint,
          size: labels.size)
      }
      drawing.text(
        xTitle, x: (frame.left + frame.right) / 2, y: bottom + 29 + labels.extraHeight,
        anchor: .middle)
    }
    for one in inside { axes.draw(one, on: &drawing, text: text) }
    for place in outside { drawEdge(at: place, in: axes, on: &drawing) }
    return Figure(name: name, drawing: drawing, caption: caption(outside, labels))
  }

  private var names: [String] {
    layers.enumerated().map { index, name in
      (isNumbered ? "\(index + 1) " : "") + printable(name)
    }
  }

  // MARK: - Layers outside the scale

  /// The places of layers that are drawn at the upper edge, in order.
  private var outside: [Double] {
    guard let limit else { return [] }
    let points = series.flatMap(\.points).filter { $0.estimate != nil }
    let means = Dictionary(grouping: points, by: \.x).mapValues { $0.compactMap(\.estimate?.mean) }
    let beyond = means.filter { $0.value.allSatisfy { $0 > limit } }.keys.sorted()
    let largest = means.filter { !beyond.contains($0.key) }.values.joined().max() ?? 0
    return largest > 0 && largest < limit / 2 ? beyond : []
  }

  /// A mark of each series at the upper edge, and their range.
  private func drawEdge(at place: Double, in axes: Axes, on drawing: inout Drawing) {
    let points = series.flatMap { one in
      one.points.filter { $0.x == place }.map { (one, $0) }
    }
    for (one, point) in points {
      guard let mean = point.estimate?.mean else { continue }
      drawing.marker(
        SeriesStyle(one.style.ink, .triangle), x: axes.centre(of: point), y: axes.frame.top + 5,
        radius: 3.4, title: "\(one.label): \(text(mean))")
    }
    let means = points.compactMap(\.1.estimate?.mean)
    guard let least = means.min(), let most = means.max() else { return }
    let (low, high) = (text(least), text(most))
    drawing.risingText(
      low == high ? low : "\(low)–\(high)", x: axes.x.position(place), y: axes.frame.top + 13,
      anchor: .end, size: 11)
  }

  // MARK: - Words

  /// The name of a layer; of what copies none, n.
  private func layer(at place: Double) -> String {
    let index = Int(place) - 1
    return layers.indices.contains(index) ? layers[index] : "n=\(Int(place))"
  }

  private var summary: String {
    series.map { one in
      let means = one.points.compactMap { point in
        point.estimate.map { "\(layer(at: point.x)) \(text($0.mean))" }
      }
      return "\(one.label): \(means.prefix(24).joined(separator: ", "))."
    }.joined(separator: " ")
  }

  private func caption(_ outside: [Double], _ labels: Labels) -> String {
    var text = caption
    if labels.areAbridged {
      let names = layers.enumerated().map { "\($0.offset + 1) \($0.element)" }
      text += " Layers: \(names.joined(separator: ", "))."
    }
    if !outside.isEmpty {
      let names = outside.map(layer(at:)).joined(separator: ", ")
      text +=
        " Beyond the scale, such as layers that were re-initialized: \(names). Triangles and numbers at the upper edge "
        + "are the means."
    }
    return text + " Large marks are means"
      + series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(over: "networks")
      + ", small marks single networks." + series.openIntervalsInWords
  }

  /// The names below the axis: side by side, upright where these are too long, or numbers where layers are too many.
  private struct Labels {
    var texts: [String]
    var isRising = false
    var size = Drawing.textSize
    /// Whether names cannot be read in full.
    var areAbridged = false
    /// What upright names need below.
    var extraHeight = 0.0

    init(_ names: [String], columnWidth: Double) {
      texts = names
      let widths = names.map { TextMetrics.width(of: $0, size: Drawing.textSize) }
      guard widths.contains(where: { $0 + 4 > columnWidth }) else { return }
      guard columnWidth >= 10 else {
        texts = names.indices.map { "\($0 + 1)" }
        areAbridged = true
        return
      }
      isRising = true
      size = min(11, columnWidth)
      texts = names.map {
        TextMetrics.shortened($0, toWidth: LayerPlot.longestName, size: size)
      }
      areAbridged = texts != names
      let longest = texts.map { TextMetrics.width(of: $0, size: size) }.max() ?? 0
      extraHeight = max(0, longest - 12)
    }
  }
}
