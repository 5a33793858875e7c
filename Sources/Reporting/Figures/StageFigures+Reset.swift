import Basics
import Results

extension StageFigures {
  /// The accuracy of a network with each of its layers put back.
  package static let reset = StageFigures([.reset]) { stage throws(DiagnosticError) in
    [
      ResetFigure(name: stage.fileName, of: stage.name, try ResetResult(of: stage.artifact.record))
        .figure
    ]
  }
}

/// Accuracy by the layer that is put back, from the first layer down.
private struct ResetFigure {
  let name: String
  let stage: String
  let result: ResetResult

  init(name: String, of stage: String, _ result: ResetResult) {
    self.name = name
    self.stage = stage
    self.result = result
  }

  private static let initial = SeriesStyle(.blue, .circle)
  private static let random = SeriesStyle(.vermilion, .square, isOpen: true)
  private static let trained = SeriesStyle(.black, .diamond, dashes: "6 3")

  var figure: Figure {
    let pitch = 18.0
    var entries = [Legend.Entry("as trained", .line(ResetFigure.trained))]
    if result.layers.contains(where: { $0.initial != nil }) {
      entries.append(.init("initial weights", .point(ResetFigure.initial)))
    }
    if result.layers.contains(where: { !$0.random.isEmpty }) {
      entries.append(.init("random weights", .point(ResetFigure.random)))
    }
    let legend = Legend(entries)
    let longest =
      result.layers.map { TextMetrics.width(of: printable($0.name), size: Drawing.textSize) }.max()
      ?? 0
    let left = min(longest, 130) + 10
    let top = legend.height + 6
    let bottom = top + pitch * Double(max(result.layers.count, 1))
    let accuracies =
      [result.trained.top1]
      + result.layers.flatMap { ($0.initial.map { [$0.top1] } ?? []) + $0.random.map(\.top1) }
    let x = Scale.linear(
      covering: accuracies.map { 100 * $0 }, from: left + 8, to: Drawing.columnWidth - 16, ticks: 5)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: "Layers of \(stage) put back", summary: summary)
    legend.draw(on: &drawing, top: 2)
    for tick in x.ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, top), to: (position, bottom), .grid)
      drawing.tickLabel(tick.label, x: position, y: bottom + 12)
    }
    drawing.text(
      "top-1 accuracy with the layer put back, %", x: (left + Drawing.columnWidth) / 2,
      y: bottom + 29, anchor: .middle)
    let line = x.position(100 * result.trained.top1)
    drawing.line(
      from: (line, top), to: (line, bottom), .black, width: 1.4, dashes: ResetFigure.trained.dashes)
    for (row, layer) in result.layers.enumerated() {
      let y = top + (Double(row) + 0.5) * pitch
      drawing.text(
        TextMetrics.shortened(printable(layer.name), toWidth: left - 10, size: Drawing.textSize),
        x: left - 4, y: y, anchor: .end)
      if let mean = layer.randomTop1 {
        let ends = layer.random.map { x.position(100 * $0.top1) }
        if let low = ends.min(), let high = ends.max(), low < high {
          drawing.line(from: (low, y + 2), to: (high, y + 2), ResetFigure.random.ink, width: 1.4)
        }
        drawing.marker(
          ResetFigure.random, x: x.position(100 * mean), y: y + 2, radius: 3.4,
          title: "\(layer.name), random weights: \(fixed(100 * mean, decimals: 1)) %")
      }
      if let initial = layer.initial {
        drawing.marker(
          ResetFigure.initial, x: x.position(100 * initial.top1), y: y - 2, radius: 3.4,
          title: "\(layer.name), initial weights: \(fixed(100 * initial.top1, decimals: 1)) %")
      }
    }
    return Figure(name: "reset-\(name)", drawing: drawing, caption: caption)
  }

  private var summary: String {
    "As trained \(fixed(100 * result.trained.top1, decimals: 1)) %. "
      + result.layers.prefix(40).map { layer in
        let values = [
          layer.initial.map { "initial \(fixed(100 * $0.top1, decimals: 1)) %" },
          layer.randomTop1.map { "random \(fixed(100 * $0, decimals: 1)) %" },
        ].compactMap { $0 }
        return "\(layer.name): \(values.joined(separator: ", "))"
      }.joined(separator: "; ") + "."
  }

  private var caption: String {
    let draws = result.layers.map(\.random.count).max() ?? 0
    let spread =
      draws > 1
      ? " Random weights: the mean over \(draws) draws, and a bar from the lowest to the highest."
      : ""
    return
      "Accuracy on \(counted(result.trained.images, "image")) of the trained network with one layer put back to the "
      + "weights that training started from, or to random ones, and all others as trained." + spread
  }
}
