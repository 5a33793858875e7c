import Definitions

/// The shape of a mark. Series differ in shape as well as colour, for readers who cannot distinguish colours.
package enum Marker: Hashable, Sendable, CaseIterable {
  case circle, square, diamond, triangle, triangleDown, cross

  /// A closed path around a point (open for `cross`), with about the area of a circle of the given radius.
  func path(x: Double, y: Double, radius r: Double) -> String {
    func through(_ points: [(Double, Double)]) -> String {
      "M"
        + points.map { "\(coordinate(x + $0.0 * r)) \(coordinate(y + $0.1 * r))" }
        .joined(separator: "L") + "Z"
    }
    switch self {
    case .circle:
      let d = coordinate(2 * r), c = coordinate(r)
      return
        "M\(coordinate(x - r)) \(coordinate(y))a\(c) \(c) 0 1 0 \(d) 0a\(c) \(c) 0 1 0 -\(d) 0Z"
    case .square: return through([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case .diamond: return through([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
    case .triangle: return through([(0, -1.3), (1.2, 0.8), (-1.2, 0.8)])
    case .triangleDown: return through([(0, 1.3), (1.2, -0.8), (-1.2, -0.8)])
    case .cross:
      let a = coordinate(x - r), b = coordinate(x + r)
      let c = coordinate(y - r), d = coordinate(y + r)
      return "M\(a) \(c)L\(b) \(d)M\(a) \(d)L\(b) \(c)"
    }
  }
}

/// The appearance of a series' lines and points.
package struct SeriesStyle: Hashable, Sendable {
  package var ink: Ink
  package var marker: Marker
  /// Whether marks are outlines.
  package var isOpen: Bool
  /// Lengths of dashes and gaps; `nil` for a solid line.
  package var dashes: String?

  package init(_ ink: Ink, _ marker: Marker, isOpen: Bool = false, dashes: String? = nil) {
    self.ink = ink
    self.marker = marker
    self.isOpen = isOpen
    self.dashes = dashes
  }

  /// Styles for series without a predefined meaning, distinct for as long as possible.
  package static func cycle(_ index: Int) -> SeriesStyle {
    let inks: [Ink] = [.blue, .vermilion, .green, .purple, .sky, .orange, .black]
    let markers = Marker.allCases.filter { $0 != .cross }
    let round = index / inks.count
    return SeriesStyle(
      inks[index % inks.count], markers[(index + round) % markers.count], isOpen: round % 2 == 1,
      dashes: [nil, "5 3", "2 2.5", "7 2 2 2"][round % 4])
  }
}

extension SeriesStyle {
  /// The style of a treatment in all figures: selffers blue, transfers red, fine-tuned ones lighter, open and dashed.
  package init(_ treatment: Treatment) {
    switch (treatment.kind, treatment.crossesTasks) {
    case (.base, _): self.init(.black, .diamond, dashes: "6 3")
    case (.frozen, false): self.init(.blue, .circle)
    case (.frozen, true): self.init(.vermilion, .square)
    case (.fineTuned, false): self.init(.sky, .circle, isOpen: true, dashes: "4 2.5")
    case (.fineTuned, true): self.init(.orange, .square, isOpen: true, dashes: "4 2.5")
    case (.random, _): self.init(.green, .triangle)
    case (.preserved, false): self.init(.purple, .triangleDown)
    case (.preserved, true): self.init(.purple, .triangle, isOpen: true, dashes: "2 2.5")
    case (.other, _): self.init(.black, .cross)
    }
  }

  /// Styles for several treatments. Treatments that would look alike get unused colours and shapes.
  package static func distinct(_ treatments: [Treatment]) -> [SeriesStyle] {
    distinct(treatments.map { SeriesStyle($0) })
  }

  /// The styles, with duplicates of earlier ones replaced.
  static func distinct(_ styles: [SeriesStyle]) -> [SeriesStyle] {
    var distinct: [SeriesStyle] = []
    for var style in styles {
      var next = 0
      while distinct.contains(style), next < 64 {
        style = SeriesStyle.cycle(next)
        next += 1
      }
      distinct.append(style)
    }
    return distinct
  }
}
