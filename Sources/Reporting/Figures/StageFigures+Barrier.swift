import Basics
import Results

extension StageFigures {
  /// Loss and accuracy on the line between two networks.
  package static let barrier = StageFigures([.barrier]) { stage throws(DiagnosticError) in
    [
      BarrierFigure(
        name: stage.fileName, of: stage.name, try BarrierResult(of: stage.artifact.record)
      ).figure
    ]
  }
}

/// Two panels over the position between the networks: loss and accuracy, each with the straight line between its ends.
private struct BarrierFigure {
  let name: String
  let stage: String
  let result: BarrierResult

  init(name: String, of stage: String, _ result: BarrierResult) {
    self.name = name
    self.stage = stage
    self.result = result
  }

  private struct Panel {
    var title: String
    var style: SeriesStyle
    /// `nil` where the value is not finite.
    var values: [Double?]
    var decimals: Int
  }

  private var panels: [Panel] {
    [
      Panel(
        title: "loss", style: SeriesStyle(.vermilion, .square),
        values: result.points.map(\.score.loss), decimals: 4),
      Panel(
        title: "top-1 accuracy, %", style: SeriesStyle(.blue, .circle),
        values: result.points.map { 100 * $0.score.top1 }, decimals: 1),
    ]
  }

  private static let panelHeight = 130.0

  var figure: Figure {
    let gap = Axes.topMargin + 12
    var drawing = Drawing(
      height: 2 * (BarrierFigure.panelHeight + gap) - 12 + Axes.bottomMargin,
      title: "Between the networks of \(stage)", summary: summary)
    var top = Axes.topMargin + 4
    for (index, panel) in panels.enumerated() {
      let bottom = top + BarrierFigure.panelHeight
      let frame = Box(left: 48, top: top, right: Drawing.columnWidth - 14, bottom: bottom)
      let axes = Axes(
        frame: frame,
        x: .linear(0...1, from: frame.left + 6, to: frame.right - 6),
        y: .linear(covering: panel.values.compactMap { $0 }, from: bottom, to: top, ticks: 5))
      axes.draw(
        on: &drawing, xTitle: index == 1 ? "position between the networks" : nil,
        yTitle: panel.title)
      draw(panel, in: axes, on: &drawing)
      top = bottom + gap
    }
    return Figure(name: "barrier-\(name)", drawing: drawing, caption: caption)
  }

  private func draw(_ panel: Panel, in axes: Axes, on drawing: inout Drawing) {
    if let first = panel.values.first ?? nil, let last = panel.values.last ?? nil {
      drawing.line(
        from: (axes.x.position(0), axes.y.position(first)),
        to: (axes.x.position(1), axes.y.position(last)), .faint, width: 1.2, dashes: "6 3")
    }
    var segment: [(x: Double, y: Double)] = []
    for (point, value) in zip(result.points, panel.values) {
      guard let value else {
        drawing.polyline(segment, panel.style.ink, width: 1.8)
        segment = []
        continue
      }
      segment.append((axes.x.position(point.position), axes.y.position(value)))
    }
    drawing.polyline(segment, panel.style.ink, width: 1.8)
    guard result.points.count <= 60 else { return }
    for (point, value) in zip(result.points, panel.values) {
      guard let value else { continue }
      drawing.marker(
        panel.style, x: axes.x.position(point.position), y: axes.y.position(value), radius: 3,
        title: "\(fixed(point.position, decimals: 2)): \(fixed(value, decimals: panel.decimals))")
    }
  }

  private var summary: String {
    result.points.prefix(60).map {
      "\(fixed($0.position, decimals: 2)): loss \($0.score.loss.map { fixed($0, decimals: 3) } ?? "not finite"), "
        + "\(fixed(100 * $0.score.top1, decimals: 1)) %"
    }.joined(separator: "; ") + "."
  }

  private var caption: String {
    let height = result.loss.map { "The loss barrier is \(fixed($0.height, decimals: 4)). " } ?? ""
    return
      "Loss and accuracy on \(counted(result.points[0].score.images, "image")) of networks whose weights are on the "
      + "line from the first network (0) to the second (1). " + height
      + "Dashed: the straight line between the values at both ends."
  }
}
