import Basics
import Planning

/// Accuracy against n as an SVG drawing: a panel for each target, a line for each treatment, the base
/// as a dashed level, a dot for each run.
package struct AccuracyFigure {
  let table: AccuracyTable

  package init(_ table: AccuracyTable) { self.table = table }

  private enum Layout {
    static let width = 640.0
    static let panelHeight = 320.0
    static let left = 64.0
    static let right = 132.0
    static let top = 40.0
    static let bottom = 52.0
    /// The least distance between two labels at the right edge.
    static let labelPitch = 16.0
  }

  /// The whole drawing: well-formed XML that needs nothing else.
  package var svg: String {
    let height = Layout.panelHeight * Double(max(table.panels.count, 1))
    var canvas = SVGCanvas(width: Layout.width, height: height)
    for (index, panel) in table.panels.enumerated() {
      draw(panel, top: Layout.panelHeight * Double(index), on: &canvas)
    }
    return canvas.document(title: "Top-1 accuracy against the number of transferred layers")
  }

  private func draw(_ panel: AccuracyTable.Panel, top: Double, on canvas: inout SVGCanvas) {
    let cells = panel.rows.flatMap(\.cells)
    let accuracies = cells.flatMap(\.accuracies)
    let depths = Set(cells.map(\.depth)).filter { $0 > 0 }.sorted()
    guard let least = accuracies.min(), let most = accuracies.max() else { return }
    let vertical = Scale(
      covering: least...most, from: top + Layout.panelHeight - Layout.bottom, to: top + Layout.top)
    let firstDepth = Double(depths.first ?? 0), lastDepth = Double(depths.last ?? 1)
    let plotRight = Layout.width - Layout.right
    func x(_ depth: Int) -> Double {
      let span = max(lastDepth - firstDepth, 1)
      return Layout.left + 20 + (Double(depth) - firstDepth) / span * (plotRight - Layout.left - 40)
    }

    canvas.text(
      "Accuracy on \(panel.target) (split \(panel.split))", x: Layout.left, y: top + 22,
      anchor: .start, bold: true)
    for tick in vertical.ticks {
      let y = vertical.position(tick)
      canvas.line(x1: Layout.left, y1: y, x2: plotRight, y2: y, stroke: "#d8d8d8", width: 1)
      canvas.text(
        fixed(100 * tick, decimals: 0), x: Layout.left - 8, y: y + 4, anchor: .end)
    }
    for depth in depths {
      canvas.text("\(depth)", x: x(depth), y: top + Layout.panelHeight - 32, anchor: .middle)
    }
    canvas.text(
      "n: layers taken over", x: (Layout.left + plotRight) / 2,
      y: top + Layout.panelHeight - 10, anchor: .middle)
    canvas.verticalText(
      "top-1 accuracy, %", x: 16, y: top + Layout.panelHeight / 2)

    var labels: [(text: String, y: Double, color: String)] = []
    for (position, row) in panel.rows.enumerated() {
      let style = LineStyle(row, position: position)
      let points = row.cells.compactMap { cell in
        cell.mean.map { (x: x(cell.depth), y: vertical.position($0)) }
      }
      if row.kind == .base, let level = points.first?.y {
        canvas.line(
          x1: Layout.left, y1: level, x2: plotRight, y2: level, stroke: style.color, width: 1.5,
          dashes: "6 4")
        labels.append((row.label, level, style.color))
        continue
      }
      canvas.polyline(points, stroke: style.color, width: 2, dashes: style.dashes)
      for cell in row.cells {
        for accuracy in cell.accuracies {
          canvas.circle(
            x: x(cell.depth), y: vertical.position(accuracy), radius: 3.5, fill: style.color)
        }
      }
      if let last = points.last { labels.append((row.label, last.y, style.color)) }
    }
    draw(labels, x: plotRight + 8, on: &canvas)
  }

  /// Labels beside the ends of their lines, pushed apart where they would overlap.
  private func draw(
    _ labels: [(text: String, y: Double, color: String)], x: Double, on canvas: inout SVGCanvas
  ) {
    var lowest = -Double.infinity
    for label in labels.sorted(by: { $0.y < $1.y }) {
      let y = max(label.y, lowest + Layout.labelPitch)
      lowest = y
      canvas.text(label.text, x: x, y: y + 4, anchor: .start, color: label.color)
    }
  }
}

/// How a treatment's line looks: colours from Okabe and Ito's palette, which readers with any common
/// colour vision can tell apart, and dashes for fine-tuned ones.
private struct LineStyle {
  var color: String
  var dashes: String?

  init(_ row: AccuracyTable.Row, position: Int) {
    switch (row.kind, row.crossesTasks) {
    case (.base, _): color = "#444444"
    case (.frozen, false), (.fineTuned, false): color = "#0072b2"
    case (.frozen, true), (.fineTuned, true): color = "#d55e00"
    case (.random, _): color = "#009e73"
    case (.preserved, false): color = "#56b4e9"
    case (.preserved, true): color = "#e69f00"
    case (.other, _): color = "#cc79a7"
    }
    dashes = row.kind == .fineTuned ? "2 3" : nil
  }
}

/// A linear map from values to positions, with round ticks that cover the values.
private struct Scale {
  let ticks: [Double]
  private let start: Double
  private let end: Double

  init(covering range: ClosedRange<Double>, from start: Double, to end: Double) {
    let span = max(range.upperBound - range.lowerBound, 0.02)
    let step = [0.01, 0.02, 0.05, 0.1, 0.2].first { span / $0 <= 6 } ?? 0.25
    let first = (range.lowerBound / step).rounded(.down)
    let last = max((range.upperBound / step).rounded(.up), first + 1)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    self.start = start
    self.end = end
  }

  func position(_ value: Double) -> Double {
    start + (value - ticks[0]) / (ticks[ticks.count - 1] - ticks[0]) * (end - start)
  }
}
