import Basics

/// Collects the marks of an SVG drawing; coordinates are pixels from the top left corner.
struct SVGCanvas {
  enum Anchor: String {
    case start, middle, end
  }

  private let width: Double
  private let height: Double
  private var marks: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(
    x1: Double, y1: Double, x2: Double, y2: Double, stroke: String, width: Double,
    dashes: String? = nil
  ) {
    marks.append(
      "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" stroke=\"\(stroke)\" "
        + "stroke-width=\"\(n(width))\"\(dash(dashes))/>")
  }

  mutating func polyline(
    _ points: [(x: Double, y: Double)], stroke: String, width: Double, dashes: String? = nil
  ) {
    let path = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
    marks.append(
      "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(stroke)\" "
        + "stroke-width=\"\(n(width))\" stroke-linejoin=\"round\"\(dash(dashes))/>")
  }

  mutating func circle(x: Double, y: Double, radius: Double, fill: String) {
    marks.append("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" fill=\"\(fill)\"/>")
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor, color: String = "#333333",
    bold: Bool = false
  ) {
    marks.append(
      "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\""
        + (bold ? " font-weight=\"bold\"" : "") + ">\(escapedXML(text))</text>")
  }

  /// Text that reads upwards, centred on a point.
  mutating func verticalText(_ text: String, x: Double, y: Double) {
    marks.append(
      "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"middle\" fill=\"#333333\" "
        + "transform=\"rotate(-90 \(n(x)) \(n(y)))\">\(escapedXML(text))</text>")
  }

  /// The drawing as a document of its own.
  func document(title: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" \
    width="\(n(width))" height="\(n(height))" font-family="sans-serif" font-size="13">
    <title>\(escapedXML(title))</title>
    <rect width="100%" height="100%" fill="#ffffff"/>
    \(marks.joined(separator: "\n"))
    </svg>

    """
  }

  private func n(_ number: Double) -> String { fixed(number, decimals: 1) }

  private func dash(_ dashes: String?) -> String {
    dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
  }
}

/// The text with XML's own characters escaped.
func escapedXML(_ text: String) -> String {
  var result = ""
  for character in printable(text) {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return result
}
