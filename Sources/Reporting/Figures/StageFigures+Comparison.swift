import Basics
import Results

extension StageFigures {
  /// Heat maps of a comparison.
  package static let comparison = StageFigures([.compare]) { stage throws(DiagnosticError) in
    guard let result = try stage.artifact.result(Comparison.self, from: stage.fileSystem) else {
      return []
    }
    return [("cka", "CKA", result.cka), ("svcca", "SVCCA", result.svcca)].compactMap {
      key, name, matrix in
      matrix.map {
        LayerMatrixFigure(
          name: "\(key)-\(stage.fileName)", title: "\(name) of the layers of \(stage.name)",
          measure: name, rows: result.first, columns: result.second, values: $0,
          images: result.images ?? 0
        ).figure
      }
    }
  }
}

/// A heat map: each layer of one network with each of another.
private struct LayerMatrixFigure {
  let name: String
  let title: String
  let measure: String
  let rows: [String]
  let columns: [String]
  let values: [[Double?]]
  let images: Int

  var figure: Figure {
    let count = max(rows.count, columns.count)
    let size = count > 16 ? 10.0 : 11.0
    func room(_ names: [String]) -> Double {
      min(names.map { TextMetrics.width(of: printable($0), size: size) }.max() ?? 0, 90)
    }
    let left = room(rows) + 28, top = room(columns) + 28
    let cell = min(44, (Drawing.columnWidth - left - 6) / Double(max(columns.count, 1)))
    let (width, height) = (cell * Double(columns.count), cell * Double(rows.count))
    let side = "first network"
    let length = TextMetrics.width(of: side, size: Drawing.textSize)
    var drawing = Drawing(
      height: max(top + height + 8, length + 8), title: title, summary: summary)
    drawing.text("second network", x: left, y: 10)
    // Beside the rows, or above them where these are few.
    drawing.risingText(
      side, x: 10, y: min(top + height / 2, drawing.height - length / 2 - 4), anchor: .middle)
    // Cells of the same shade are one mark.
    var shades: [Int: [Box]] = [:]
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        guard let value, value > 0 else { continue }
        let shade = min(20, max(1, Int((value * 20).rounded(.up))))
        shades[shade, default: []].append(box(row, column, left, top, cell))
      }
    }
    for (shade, boxes) in shades.sorted(by: { $0.key < $1.key }) {
      drawing.cells(boxes, .blue, opacity: Double(shade) / 20)
    }
    let isRuled = count <= 25
    for index in isRuled ? Array(0...rows.count) : [0, rows.count] {
      let y = top + Double(index) * cell
      drawing.line(from: (left, y), to: (left + width, y), .grid, width: 0.7)
    }
    for index in isRuled ? Array(0...columns.count) : [0, columns.count] {
      let x = left + Double(index) * cell
      drawing.line(from: (x, top), to: (x, top + height), .grid, width: 0.7)
    }
    // Names that would overlap are left out.
    let step = max(1, Int((size / max(cell, 0.1)).rounded(.up)))
    for index in stride(from: 0, to: rows.count, by: step) {
      drawing.text(
        TextMetrics.shortened(printable(rows[index]), toWidth: 90, size: size), x: left - 5,
        y: top + (Double(index) + 0.5) * cell, anchor: .end, size: size)
    }
    for index in stride(from: 0, to: columns.count, by: step) {
      drawing.risingText(
        TextMetrics.shortened(printable(columns[index]), toWidth: 90, size: size),
        x: left + (Double(index) + 0.5) * cell, y: top - 5, size: size)
    }
    let digits = min(size, cell / 2.4)
    if digits >= 7 {
      for (row, line) in values.enumerated() {
        for (column, value) in line.enumerated() {
          drawing.text(
            value.map { fixed($0, decimals: 2) } ?? "–",
            x: left + (Double(column) + 0.5) * cell, y: top + (Double(row) + 0.5) * cell,
            anchor: .middle, ink: (value ?? 0) > 0.55 ? .paper : .text, size: digits)
        }
      }
    }
    return Figure(name: name, drawing: drawing, caption: caption)
  }

  private func box(_ row: Int, _ column: Int, _ left: Double, _ top: Double, _ cell: Double) -> Box
  {
    Box(
      left: left + Double(column) * cell, top: top + Double(row) * cell,
      right: left + Double(column + 1) * cell, bottom: top + Double(row + 1) * cell)
  }

  private var summary: String {
    let text = zip(rows, values).prefix(12).map { name, line in
      let best = zip(columns, line).compactMap { column, value in value.map { (column, $0) } }
        .max { $0.1 < $1.1 }
      return
        "\(name) is most like \(best.map { "\($0.0) (\(fixed($0.1, decimals: 2)))" } ?? "none")"
    }
    return text.joined(separator: "; ") + "."
  }

  private var caption: String {
    var text =
      "\(measure) of the activations after each layer of the first network (row) with those of the second (column), on "
      + "\(counted(images, "image")): 1 for features that are the same up to rotation and scale, 0 for unrelated ones."
    if values.contains(where: { $0.contains(nil) }) {
      text += " Layers whose activations are the same for all images have none (–)."
    }
    return text
  }
}
