/// The frame of a plot.
package struct Axes: Sendable {
  package let frame: Box
  package let x: Scale
  package let y: Scale

  /// - Parameters:
  ///   - frame: the plotting area; labels are drawn outside.
  ///   - x: maps values to positions from the frame's left edge to its right.
  ///   - y: maps values to positions from its bottom edge to its top.
  package init(frame: Box, x: Scale, y: Scale) {
    self.frame = frame
    self.x = x
    self.y = y
  }

  /// The space that the axis labels need to the left of the frame.
  package static func leftMargin(for scale: Scale) -> Double {
    (scale.ticks.map { TextMetrics.width(of: $0.label, size: Drawing.textSize) }.max() ?? 0) + 8
  }

  /// The space that titles and labels need.
  package static let topMargin = 26.0
  package static let bottomMargin = 40.0

  /// Lines, ticks and labels. The title of the vertical axis is above the axis and horizontal.
  ///
  /// - Parameter xTitle: `nil` for an axis without labels, above another axis with the same scale.
  package func draw(on drawing: inout Drawing, xTitle: String?, yTitle: String) {
    for tick in y.ticks {
      let position = y.position(tick.value)
      drawing.line(from: (frame.left, position), to: (frame.right, position), .grid)
      drawing.text(tick.label, x: frame.left - 6, y: position, anchor: .end, ink: .faint)
    }
    let title = TextMetrics.shortened(
      yTitle, toWidth: drawing.width - 8, size: Drawing.textSize)
    // Clear of the label of the top tick.
    drawing.text(title, x: 4, y: frame.top - Axes.topMargin / 2 - 4)
    drawing.line(from: (frame.left, frame.bottom), to: (frame.right, frame.bottom), .faint)
    for tick in x.thinned(size: Drawing.textSize).ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, frame.bottom), to: (position, frame.bottom + 4), .faint)
      guard xTitle != nil else { continue }
      drawing.tickLabel(tick.label, x: position, y: frame.bottom + 12)
    }
    if let xTitle {
      drawing.text(
        TextMetrics.shortened(xTitle, toWidth: frame.width, size: Drawing.textSize),
        x: (frame.left + frame.right) / 2, y: frame.bottom + 29, anchor: .middle)
    }
  }
}
