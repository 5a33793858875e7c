import Basics
import Results

/// Which classes are mistaken for which: a matrix or, above a hundred classes, the most confused pairs.
package struct ConfusionFigure {
  /// Larger matrices are not drawn.
  package static let largestMatrix = 100
  /// Matrices up to this size have class names on rows and columns.
  private static let largestLabelled = 25
  private static let pairs = 20

  private let name: String
  private let title: String
  private let results: ClassResults
  private let remark: String

  /// - Parameter remark: the end of the caption.
  package init(name: String, title: String, _ results: ClassResults, remark: String = "") {
    self.name = name
    self.title = title
    self.results = results
    self.remark = remark
  }

  /// The figures; empty if no image was measured, or the predicted classes were not counted.
  package var figures: [Figure] {
    guard results.images > 0, results.confusion != nil else { return [] }
    var figures: [Figure] = []
    let count = results.classes.count
    if count <= ConfusionFigure.largestMatrix { figures.append(matrix) }
    if count > ConfusionFigure.largestLabelled, let pairsFigure { figures.append(pairsFigure) }
    return figures
  }

  // MARK: - Matrix

  private var matrix: Figure {
    let count = results.classes.count
    let isLabelled = count <= ConfusionFigure.largestLabelled
    let size = isLabelled ? (count > 16 ? 10.0 : 11.0) : Drawing.textSize
    let longest =
      results.classes.map { TextMetrics.width(of: printable($0), size: size) }.max() ?? 0
    let labelRoom = isLabelled ? min(longest, 96) : 26
    let left = labelRoom + 28
    let cell = min(44, (Drawing.columnWidth - left - 6) / Double(count))
    let top = labelRoom + 28
    let side = cell * Double(count)
    var drawing = Drawing(height: top + side + 8, title: title, summary: summary)
    drawing.text("predicted class", x: left, y: 10)
    drawing.risingText("true class", x: 10, y: top + side / 2, anchor: .middle)

    // Cells of the same shade are one mark.
    var shades: [Int: [Box]] = [:]
    for row in 0..<count {
      for column in 0..<count {
        guard let share = results.share(of: row, takenFor: column), share > 0 else { continue }
        let shade = max(1, Int((share * 20).rounded(.up)))
        shades[shade, default: []].append(
          Box(
            left: left + Double(column) * cell, top: top + Double(row) * cell,
            right: left + Double(column + 1) * cell, bottom: top + Double(row + 1) * cell))
      }
    }
    for (shade, boxes) in shades.sorted(by: { $0.key < $1.key }) {
      drawing.cells(boxes, .blue, opacity: Double(shade) / 20)
    }
    let lines = isLabelled ? Array(0...count) : [0, count]
    for index in lines {
      let offset = Double(index) * cell
      drawing.line(from: (left, top + offset), to: (left + side, top + offset), .grid, width: 0.7)
      drawing.line(from: (left + offset, top), to: (left + offset, top + side), .grid, width: 0.7)
    }
    if isLabelled {
      label(&drawing, left: left, top: top, cell: cell, size: size, room: labelRoom)
    } else {
      for index in [0] + Array(stride(from: 9, to: count, by: 10)) {
        let middle = (Double(index) + 0.5) * cell
        drawing.text(
          "\(index + 1)", x: left - 5, y: top + middle, anchor: .end, ink: .faint, size: 10)
        drawing.tickLabel("\(index + 1)", x: left + middle, y: top - 9, size: 10)
      }
    }
    return Figure(name: "confusion-" + name, drawing: drawing, caption: caption(isLabelled))
  }

  private func label(
    _ drawing: inout Drawing, left: Double, top: Double, cell: Double, size: Double, room: Double
  ) {
    let count = results.classes.count
    let digits = min(size, cell / 2)
    for index in 0..<count {
      let middle = (Double(index) + 0.5) * cell
      let name = TextMetrics.shortened(
        printable(results.classes[index]), toWidth: room, size: size)
      drawing.text(name, x: left - 5, y: top + middle, anchor: .end, size: size)
      drawing.risingText(name, x: left + middle, y: top - 5, size: size)
      guard digits >= 7 else { continue }
      for column in 0..<count {
        guard let share = results.share(of: index, takenFor: column), share >= 0.005 else {
          continue
        }
        drawing.text(
          fixed(100 * share, decimals: 0), x: left + (Double(column) + 0.5) * cell,
          y: top + middle, anchor: .middle, ink: share > 0.55 ? .paper : .text, size: digits)
      }
    }
  }

  private func caption(_ isLabelled: Bool) -> String {
    var text =
      "For each true class (row), the percentage of its test images that were predicted as each class (column); "
      + "the diagonal is correct. \(grouped(results.images)) images."
    if let unpredicted = results.unpredicted, unpredicted > 0 {
      text += " \(grouped(unpredicted)) of them have no prediction: a score is not a number."
    }
    if isLabelled {
      text += " Values below half a per cent are not labelled."
    } else {
      text +=
        " Classes are numbered as in the task: "
        + results.classes.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", ") + "."
    }
    return withRemark(text)
  }

  private func withRemark(_ text: String) -> String { remark.isEmpty ? text : "\(text) \(remark)" }

  // MARK: - Pairs

  private var pairsFigure: Figure? {
    let pairs = results.confusedPairs(atMost: ConfusionFigure.pairs)
    guard let largest = pairs.first?.share else { return nil }
    let pitch = 17.0, left = 210.0
    let top = Axes.topMargin + 2
    let bottom = top + pitch * Double(pairs.count)
    let frame = Box(left: left, top: top, right: Drawing.columnWidth - 12, bottom: bottom)
    let x = Scale.linear(covering: [0, 100 * largest], from: frame.left, to: frame.right, ticks: 4)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: "\(title): pairs most often confused",
      summary: summary)
    drawing.text("true class → predicted class", x: 4, y: 10)
    for tick in x.ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, top), to: (position, bottom), .grid)
      drawing.tickLabel(tick.label, x: position, y: bottom + 12)
    }
    drawing.text(
      "share of the class, %", x: (frame.left + frame.right) / 2, y: bottom + 29, anchor: .middle)
    for (row, pair) in pairs.enumerated() {
      let middle = top + (Double(row) + 0.5) * pitch
      let names = [pair.actual, pair.predicted].map {
        TextMetrics.shortened(printable(results.classes[$0]), toWidth: 92, size: 11)
      }
      drawing.text(names.joined(separator: " → "), x: left - 6, y: middle, anchor: .end, size: 11)
      drawing.rectangle(
        Box(
          left: left, top: middle - 5, right: x.position(100 * pair.share), bottom: middle + 5),
        .vermilion,
        title: "\(fixed(100 * pair.share, decimals: 1)) %")
    }
    return Figure(
      name: "confused-" + name, drawing: drawing,
      caption: withRemark(
        "The \(pairs.count) pairs of classes most often confused, of \(results.classes.count) classes and "
          + "\(grouped(results.images)) images."))
  }

  private var summary: String {
    let worst = results.confusedPairs(atMost: 5).map {
      "\(results.classes[$0.actual]) was predicted as \(results.classes[$0.predicted]) for "
        + "\(fixed(100 * $0.share, decimals: 1)) % of its images"
    }
    return worst.isEmpty
      ? "No image was predicted as another class." : worst.joined(separator: "; ") + "."
  }
}
