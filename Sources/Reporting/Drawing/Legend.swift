/// The meaning of marks, in rows as wide as the drawing.
package struct Legend: Sendable {
  package enum Sample: Hashable, Sendable {
    /// A line with its mark.
    case series(SeriesStyle)
    /// A line alone.
    case line(SeriesStyle)
    /// A mark alone.
    case point(SeriesStyle)
    case area(Ink, opacity: Double)
  }

  package struct Entry: Hashable, Sendable {
    package var label: String
    package var sample: Sample

    package init(_ label: String, _ sample: Sample) {
      self.label = label
      self.sample = sample
    }
  }

  private struct Placed {
    var sample: Sample
    /// Its label.
    var lines: [String]
    var x: Double
    var row: Int
  }

  private static let sampleWidth = 22.0
  private static let rowHeight = 17.0
  private static let gap = 14.0
  /// Longer labels are shortened.
  private static let linesEach = 3

  private let placed: [Placed]
  private let rows: Int

  /// - Parameter left: where rows start.
  package init(_ entries: [Entry], left: Double = 4, right: Double = Drawing.columnWidth - 4) {
    var placed: [Placed] = []
    var x = left, row = 0
    for entry in entries {
      let lines = TextMetrics.wrapped(
        entry.label, toWidth: right - left - Legend.sampleWidth - 5, size: Drawing.textSize,
        lines: Legend.linesEach)
      let widths = lines.map { TextMetrics.width(of: $0, size: Drawing.textSize) }
      let width = Legend.sampleWidth + 5 + (widths.max() ?? 0)
      if x > left, x + width > right || lines.count > 1 {
        x = left
        row += 1
      }
      placed.append(Placed(sample: entry.sample, lines: lines, x: x, row: row))
      row += lines.count - 1
      // Nothing stands beside several lines.
      x = lines.count > 1 ? right : x + width + Legend.gap
    }
    self.placed = placed
    rows = entries.isEmpty ? 0 : row + 1
  }

  package var height: Double { Double(rows) * Legend.rowHeight }

  package func draw(on drawing: inout Drawing, top: Double) {
    for item in placed {
      let y = top + (Double(item.row) + 0.5) * Legend.rowHeight
      let left = item.x, right = item.x + Legend.sampleWidth
      switch item.sample {
      case .series(let style):
        drawing.line(
          from: (left, y), to: (right, y), style.ink, width: 1.8, dashes: style.dashes)
        drawing.marker(style, x: (left + right) / 2, y: y, radius: 3.6)
      case .line(let style):
        drawing.line(
          from: (left, y), to: (right, y), style.ink, width: 1.8, dashes: style.dashes)
      case .point(let style):
        drawing.marker(style, x: (left + right) / 2, y: y, radius: 3.6)
      case .area(let ink, let opacity):
        drawing.rectangle(
          Box(left: left + 2, top: y - 5, right: right - 2, bottom: y + 5), ink, opacity: opacity)
      }
      for (index, line) in item.lines.enumerated() {
        drawing.text(line, x: right + 5, y: y + Double(index) * Legend.rowHeight)
      }
    }
  }
}
