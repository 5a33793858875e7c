import Basics

/// Loss, accuracy and rate of trainings by iteration, one above the other, all trainings overlaid.
package struct TrainingFigure {
  /// So many trainings are drawn at most, evenly chosen.
  package static let limit = 150

  private let name: String
  private let title: String
  private let curves: [TrainingCurve]
  private let remark: String

  /// - Parameters:
  ///   - name: the file's.
  ///   - remark: what the caption ends with.
  package init(name: String, title: String, curves: [TrainingCurve], remark: String = "") {
    self.name = name
    self.title = title
    self.curves = curves
    self.remark = remark
  }

  /// Whether lines are thin and pale, since there are many.
  private var isCrowded: Bool { curves.count > 12 }

  private struct Panel {
    var title: String
    var lines: [(curve: TrainingCurve, points: [TrainingCurve.Point])]
    var dots: [(curve: TrainingCurve, points: [TrainingCurve.Point])]
    var isLogarithmic = false
    var factor = 1.0
    /// What the axis begins with, if it would not do so anyhow.
    var includesZero = false
    var isStepped = false
  }

  /// The figure; `nil` without a point.
  package var figure: Figure? {
    let pointsEach = curves.count > 60 ? 40 : curves.count > 12 ? 80 : 200
    let stretches = curves.map { ($0.loss.count + pointsEach - 1) / pointsEach }.max() ?? 1
    let panels = [
      Panel(
        title: "training loss", lines: curves.map { ($0, $0.loss) },
        dots: curves.map { ($0, $0.measuredLoss) }, includesZero: true),
      Panel(
        title: "top-1 accuracy, %", lines: curves.map { ($0, $0.accuracy) },
        dots: curves.map { ($0, $0.measuredAccuracy) }, factor: 100),
      Panel(
        title: "learning rate", lines: distinctRates, dots: [], isLogarithmic: ratesSpanDecades,
        includesZero: !ratesSpanDecades, isStepped: true),
    ].filter { panel in (panel.lines + panel.dots).contains { !$0.points.isEmpty } }
    guard !panels.isEmpty else { return nil }
    let hasDots = panels.contains { $0.dots.contains { !$0.points.isEmpty } }
    let legend = Legend(
      labels.map { label in
        var style = label.style
        if isCrowded { style.dashes = nil }
        return Legend.Entry(label.label, .line(style))
      }
        + (hasDots
          ? [Legend.Entry("measured on held-out images", .point(SeriesStyle(.black, .circle)))]
          : []))
    let iterations = panels.flatMap { ($0.lines + $0.dots).flatMap { $0.points.map(\.iteration) } }
    let heights = panels.map { $0.isStepped ? 70.0 : 140.0 }
    let gap = Axes.topMargin + 12
    var drawing = Drawing(
      height: legend.height + 4 + heights.reduce(0) { $0 + $1 + gap } - 12 + Axes.bottomMargin,
      title: title, summary: summary)
    legend.draw(on: &drawing, top: 2)
    var top = legend.height + 4 + Axes.topMargin
    for (index, panel) in panels.enumerated() {
      let bottom = top + heights[index]
      let frame = Box(left: 48, top: top, right: Drawing.columnWidth - 12, bottom: bottom)
      let values =
        panel.lines.flatMap { TrainingCurve.thinned($0.points, to: pointsEach).map(\.value) }
        + panel.dots.flatMap { $0.points.map(\.value) }
      let y: Scale =
        panel.isLogarithmic
        ? .logarithmic(covering: values.map { $0 * panel.factor }, from: bottom, to: top, labels: 3)
        : .linear(
          covering: values.map { $0 * panel.factor } + (panel.includesZero ? [0] : []),
          from: bottom, to: top,
          ticks: panel.isStepped ? 3 : 5)
      let axes = Axes(
        frame: frame, x: .linear(0...(iterations.max() ?? 1), from: frame.left, to: frame.right),
        y: y)
      axes.draw(
        on: &drawing, xTitle: index == panels.count - 1 ? "iteration" : nil, yTitle: panel.title)
      draw(panel, in: axes, pointsEach: pointsEach, on: &drawing)
      top = bottom + gap
    }
    return Figure(name: name, drawing: drawing, caption: caption(stretches: stretches))
  }

  private func draw(
    _ panel: Panel, in axes: Axes, pointsEach: Int, on drawing: inout Drawing
  ) {
    let isCrowded = isCrowded && !panel.isStepped
    for (curve, points) in panel.lines {
      var line = TrainingCurve.thinned(points, to: pointsEach).map {
        (x: axes.x.position($0.iteration), y: axes.y.position($0.value * panel.factor))
      }
      // What is constant may be a single point.
      if line.count == 1 { line.append((min(line[0].x + 4, axes.frame.right), line[0].y)) }
      drawing.polyline(
        line, curve.style.ink, width: isCrowded ? 0.7 : 1.4,
        dashes: isCrowded ? nil : curve.style.dashes, opacity: isCrowded ? 0.5 : 1)
    }
    for (curve, points) in panel.dots {
      for point in TrainingFigure.some(points, atMost: pointsEach) {
        drawing.marker(
          SeriesStyle(curve.style.ink, .circle), x: axes.x.position(point.iteration),
          y: axes.y.position(point.value * panel.factor), radius: isCrowded ? 1.2 : 2)
      }
    }
  }

  /// Evenly chosen ones, first and last among them; nothing is averaged.
  static func some<Element>(_ all: [Element], atMost limit: Int) -> [Element] {
    guard all.count > limit, limit > 1 else { return all }
    return (0..<limit).map { all[$0 * (all.count - 1) / (limit - 1)] }
  }

  /// Each course of the rate once: most trainings share theirs.
  private var distinctRates: [(curve: TrainingCurve, points: [TrainingCurve.Point])] {
    var seen: Set<[TrainingCurve.Point]> = []
    return curves.filter { !$0.rate.isEmpty && seen.insert($0.rate).inserted }.map { ($0, $0.rate) }
  }

  private var ratesSpanDecades: Bool {
    let rates = curves.flatMap { $0.rate.map(\.value) }.filter { $0 > 0 }
    guard let least = rates.min(), let most = rates.max() else { return false }
    return most / least >= 30 && !curves.contains { $0.rate.contains { $0.value <= 0 } }
      && isSteppedRate
  }

  /// Whether rates fall in steps: those that fall smoothly to nothing are better seen on a linear axis.
  private var isSteppedRate: Bool {
    curves.allSatisfy { Set($0.rate.map(\.value)).count <= 12 }
  }

  /// Each label once, in order.
  private var labels: [(label: String, style: SeriesStyle)] {
    var seen: Set<String> = []
    return curves.filter { seen.insert($0.label).inserted }.map { ($0.label, $0.style) }
  }

  private var summary: String {
    curves.prefix(12).compactMap { curve in
      curve.loss.last.map { last in
        "\(curve.label) ends at iteration \(Int(last.iteration)) with loss \(fixed(last.value, decimals: 3))"
          + (curve.accuracy.last.map { " and accuracy \(fixed(100 * $0.value, decimals: 1)) %" }
            ?? "")
      }
    }.joined(separator: "; ")
  }

  private func caption(stretches: Int) -> String {
    var text =
      "Loss and accuracy on the images trained on, each measured before the step that learns from them, and the "
      + "rate. "
    text +=
      stretches > 1
      ? "Lines join means of up to \(stretches) consecutive records; nothing else is smoothed."
      : "Nothing is smoothed beyond the means over an interval that trainings record."
    if curves.contains(where: { !$0.measuredLoss.isEmpty }) {
      text += " Dots were measured meanwhile on images that are not trained on."
    }
    if distinctRates.count < curves.filter({ !$0.rate.isEmpty }).count {
      text += " Equal courses of the rate are drawn once."
    }
    let broken = curves.reduce(0) { $0 + $1.unreadable }
    if broken > 0 { text += " \(broken) records could not be read." }
    return remark.isEmpty ? text : text + " " + remark
  }
}
