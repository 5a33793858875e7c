import Basics

/// A drawing under construction: marks as SVG, and the positions of its text.
///
/// Coordinates are units from the top left corner. A column of 8.5 cm is 400 units wide; text of 12 units is then 7
/// points high.
package struct Drawing: Sendable {
  package enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// The default text size.
  package static let textSize = 12.0
  /// The width of a single-column figure.
  package static let columnWidth = 400.0

  package let width: Double
  package var height: Double
  /// A one-line description.
  package var title: String
  /// A description in sentences, for readers who cannot see the drawing.
  package var summary: String
  /// Estimated bounding boxes of text.
  package private(set) var textBoxes: [Box] = []
  private var marks = ""

  package init(
    width: Double = columnWidth, height: Double, title: String, summary: String
  ) {
    self.width = width
    self.height = height
    self.title = title
    self.summary = summary
  }

  // MARK: - Marks

  package mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ ink: Ink,
    width: Double = 1, dashes: String? = nil
  ) {
    marks +=
      "<path d=\"M\(coordinate(start.x)) \(coordinate(start.y))L\(coordinate(end.x)) \(coordinate(end.y))\" "
      + "\(ink.stroke) stroke-width=\"\(coordinate(width))\"\(dash(dashes))/>\n"
  }

  /// A line through points.
  package mutating func polyline(
    _ points: [(x: Double, y: Double)], _ ink: Ink, width: Double = 1.5, dashes: String? = nil,
    opacity: Double = 1
  ) {
    guard points.count > 1 else { return }
    marks +=
      "<path d=\"\(path(points))\" \(ink.stroke) stroke-width=\"\(coordinate(width))\" "
      + "stroke-linejoin=\"round\"\(dash(dashes))\(attribute("stroke-opacity", opacity))/>\n"
  }

  /// An area between points.
  package mutating func area(
    _ points: [(x: Double, y: Double)], _ ink: Ink, opacity: Double
  ) {
    guard points.count > 2 else { return }
    marks += "<path d=\"\(path(points))Z\" \(ink.fill)\(attribute("fill-opacity", opacity))/>\n"
  }

  package mutating func rectangle(
    _ box: Box, _ ink: Ink, opacity: Double = 1, outline: Ink? = nil, title: String? = nil
  ) {
    // One class holds both colours.
    let look =
      outline.map {
        "class=\"fill-\(ink.rawValue) line-\($0.rawValue)\" fill=\"\(ink.light)\" stroke=\"\($0.light)\""
      } ?? ink.fill
    let geometry =
      "x=\"\(coordinate(box.left))\" y=\"\(coordinate(box.top))\" width=\"\(coordinate(box.width))\" "
      + "height=\"\(coordinate(box.height))\""
    mark("<rect \(geometry) \(look)\(attribute("fill-opacity", opacity))", "rect", title)
  }

  /// Many rectangles of the same appearance, as one mark.
  package mutating func cells(_ boxes: [Box], _ ink: Ink, opacity: Double) {
    let path = boxes.map {
      "M\(coordinate($0.left)) \(coordinate($0.top))h\(coordinate($0.width))v\(coordinate($0.height))"
        + "h\(coordinate(-$0.width))Z"
    }.joined()
    marks += "<path d=\"\(path)\" \(ink.fill)\(attribute("fill-opacity", opacity))/>\n"
  }

  package mutating func marker(
    _ style: SeriesStyle, x: Double, y: Double, radius: Double, opacity: Double = 1,
    title: String? = nil
  ) {
    let path = style.marker.path(x: x, y: y, radius: radius)
    let look: String
    if style.marker == .cross {
      look = "\(style.ink.stroke) stroke-width=\"1.5\""
    } else if style.isOpen {
      look =
        "class=\"fill-paper line-\(style.ink.rawValue)\" fill=\"\(Ink.paper.light)\" "
        + "stroke=\"\(style.ink.light)\" stroke-width=\"1.4\""
    } else {
      look = style.ink.fill
    }
    mark("<path d=\"\(path)\" \(look)\(attribute("opacity", opacity))", "path", title)
  }

  /// An image whose pixels stay square and sharp when enlarged.
  package mutating func image(_ uri: String, in box: Box) {
    marks +=
      "<image x=\"\(coordinate(box.left))\" y=\"\(coordinate(box.top))\" width=\"\(coordinate(box.width))\" "
      + "height=\"\(coordinate(box.height))\" preserveAspectRatio=\"none\" "
      + "image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\" href=\"\(uri)\"/>\n"
  }

  private mutating func mark(_ opening: String, _ element: String, _ title: String?) {
    marks +=
      title.map { "\(opening)><title>\(escapedMarkup($0))</title></\(element)>\n" }
      ?? "\(opening)/>\n"
  }

  // MARK: - Text

  /// - Parameters:
  ///   - y: the middle of its lower-case letters.
  ///   - halo: whether an outline in the background colour keeps it legible on top of other marks.
  ///   - title: the whole of a text that is abridged.
  package mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, ink: Ink = .text,
    size: Double = Drawing.textSize, bold: Bool = false, halo: Bool = false, title: String? = nil
  ) {
    guard !text.isEmpty else { return }
    textBoxes.append(Drawing.box(of: text, x: x, y: y, anchor: anchor, size: size, bold: bold))
    let halo =
      halo ? " stroke=\"\(Ink.paper.light)\" stroke-width=\"3\" paint-order=\"stroke\"" : ""
    let look =
      halo.isEmpty
      ? ink.fill : "class=\"fill-\(ink.rawValue) line-paper\" fill=\"\(ink.light)\""
    marks +=
      "<text x=\"\(coordinate(x))\" y=\"\(coordinate(y + size * 0.36))\""
      + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"")
      + (size == Drawing.textSize ? "" : " font-size=\"\(coordinate(size))\"")
      + (bold ? " font-weight=\"600\"" : "") + " \(look)\(halo)>"
      + (title.map { "<title>\(escapedMarkup($0))</title>" } ?? "")
      + "\(escapedMarkup(text))</text>\n"
  }

  /// An axis label above or below a position, shifted as needed to stay within the drawing.
  package mutating func tickLabel(_ text: String, x: Double, y: Double, size: Double = textSize) {
    let half = TextMetrics.width(of: text, size: size) / 2
    self.text(
      text, x: min(max(x, half + 1), width - half - 1), y: y, anchor: .middle, ink: .faint,
      size: size)
  }

  /// Vertical text that reads upwards and begins at a point.
  package mutating func risingText(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, ink: Ink = .text,
    size: Double = Drawing.textSize
  ) {
    guard !text.isEmpty else { return }
    let length = TextMetrics.width(of: text, size: size)
    let below =
      switch anchor {
      case .start: 0.0
      case .middle: length / 2
      case .end: length
      }
    textBoxes.append(
      Box(
        left: x - size / 2, top: y + below - length, right: x + size / 2, bottom: y + below))
    marks +=
      "<text transform=\"translate(\(coordinate(x + size * 0.36)) \(coordinate(y))) rotate(-90)\" "
      + "text-anchor=\"\(anchor.rawValue)\" font-size=\"\(coordinate(size))\" \(ink.fill)>"
      + "\(escapedMarkup(text))</text>\n"
  }

  /// The bounding box of a text.
  package static func box(
    of text: String, x: Double, y: Double, anchor: Anchor, size: Double = textSize,
    bold: Bool = false
  ) -> Box {
    let length = TextMetrics.width(of: text, size: size, bold: bold)
    let left =
      switch anchor {
      case .start: x
      case .middle: x - length / 2
      case .end: x - length
      }
    return Box(left: left, top: y - size / 2, right: left + length, bottom: y + size / 2)
  }

  // MARK: - The whole

  /// The drawing as an element of a page whose style sheet contains `Ink.darkRules`.
  package var element: String {
    "<svg \(head)>\n\(labels)\(marks)</svg>\n"
  }

  /// The drawing as a self-contained, well-formed XML document, on white or, if the viewer prefers a dark scheme, on
  /// dark paper.
  package var document: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
      + "width=\"\(coordinate(width * 1.5))\" height=\"\(coordinate(height * 1.5))\" \(head)>\n\(labels)"
      + "<style>\(Ink.darkRules)</style>\n"
      + "<rect width=\"100%\" height=\"100%\" \(Ink.paper.fill)/>\n\(marks)</svg>\n"
  }

  private var head: String {
    "viewBox=\"0 0 \(coordinate(width)) \(coordinate(height))\" role=\"img\" "
      + "aria-label=\"\(escapedMarkup(title))\" font-family=\"\(TextMetrics.family)\" "
      + "font-size=\"\(coordinate(Drawing.textSize))\""
  }

  private var labels: String {
    "<title>\(escapedMarkup(title))</title>\n<desc>\(escapedMarkup(summary))</desc>\n"
  }

  private func path(_ points: [(x: Double, y: Double)]) -> String {
    "M" + points.map { "\(coordinate($0.x)) \(coordinate($0.y))" }.joined(separator: "L")
  }

  private func dash(_ dashes: String?) -> String {
    dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
  }

  private func attribute(_ name: String, _ value: Double) -> String {
    value == 1 ? "" : " \(name)=\"\(fixed(value, decimals: 2))\""
  }
}
