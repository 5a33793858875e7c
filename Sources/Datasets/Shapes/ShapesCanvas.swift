/// A point or a direction; y grows downwards.
package struct Point: Hashable, Sendable {
  package var x: Double
  package var y: Double

  package init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }

  static func + (left: Point, right: Point) -> Point {
    Point(x: left.x + right.x, y: left.y + right.y)
  }

  static func - (left: Point, right: Point) -> Point {
    Point(x: left.x - right.x, y: left.y - right.y)
  }

  static func * (point: Point, factor: Double) -> Point {
    Point(x: point.x * factor, y: point.y * factor)
  }

  var length: Double { (x * x + y * y).squareRoot() }
}

/// A small colour image on which polygons are painted, with soft edges.
///
/// Only +, −, ×, ÷ and square roots of IEEE doubles are used, so every machine paints the same bytes.
package struct ShapesCanvas {
  let side: Int
  /// side × side × 3, 0…1 and slightly beyond.
  package private(set) var pixels: [Double]

  private var coverage: [Double]
  private var crossings: [Crossing] = []
  /// Sub-lines per pixel line, for the coverage of edges; along a line it is exact.
  private static let sublines = 4

  private struct Crossing {
    var x: Double
    var winding: Int
  }

  /// A black canvas.
  package init(side: Int) {
    self.side = side
    pixels = Array(repeating: 0, count: side * side * 3)
    coverage = Array(repeating: 0, count: side)
  }

  /// Gives every pixel a colour, from its centre.
  mutating func paint(_ color: (Point) -> Color) {
    for y in 0..<side {
      for x in 0..<side {
        let value = color(Point(x: Double(x) + 0.5, y: Double(y) + 0.5))
        let index = (y * side + x) * 3
        pixels[index] = value.red
        pixels[index + 1] = value.green
        pixels[index + 2] = value.blue
      }
    }
  }

  /// Paints the inside of closed contours (where the winding number is not zero).
  ///
  /// Partly covered pixels receive a corresponding share of the colour at their centres.
  package mutating func fill(
    _ contours: [[Point]], opacity: Double = 1, color: (Point) -> Color
  ) {
    var top = Double(side)
    var bottom = 0.0
    for contour in contours {
      for point in contour {
        top = min(top, point.y)
        bottom = max(bottom, point.y)
      }
    }
    let firstLine = max(0, Int(top.rounded(.down)))
    let lastLine = min(side - 1, Int(bottom.rounded(.down)))
    guard firstLine <= lastLine else { return }
    for line in firstLine...lastLine {
      for index in 0..<side { coverage[index] = 0 }
      for subline in 0..<ShapesCanvas.sublines {
        let y = Double(line) + (Double(subline) + 0.5) / Double(ShapesCanvas.sublines)
        findCrossings(of: contours, at: y)
        addSpans()
      }
      for x in 0..<side where coverage[x] > 0 {
        let share = min(coverage[x] / Double(ShapesCanvas.sublines), 1) * opacity
        let value = color(Point(x: Double(x) + 0.5, y: Double(line) + 0.5))
        let index = (line * side + x) * 3
        pixels[index] += (value.red - pixels[index]) * share
        pixels[index + 1] += (value.green - pixels[index + 1]) * share
        pixels[index + 2] += (value.blue - pixels[index + 2]) * share
      }
    }
  }

  private mutating func findCrossings(of contours: [[Point]], at y: Double) {
    crossings.removeAll(keepingCapacity: true)
    for contour in contours {
      guard var previous = contour.last else { continue }
      for point in contour {
        if (previous.y <= y) != (point.y <= y) {
          let share = (y - previous.y) / (point.y - previous.y)
          let crossing = Crossing(
            x: previous.x + (point.x - previous.x) * share, winding: point.y > y ? 1 : -1)
          // Insertion keeps the few crossings of a line sorted.
          var place = crossings.count
          while place > 0, crossings[place - 1].x > crossing.x { place -= 1 }
          crossings.insert(crossing, at: place)
        }
        previous = point
      }
    }
  }

  private mutating func addSpans() {
    var winding = 0
    var start = 0.0
    for crossing in crossings {
      let before = winding
      winding += crossing.winding
      if before == 0, winding != 0 { start = crossing.x }
      if before != 0, winding == 0 { addSpan(from: start, to: crossing.x) }
    }
  }

  private mutating func addSpan(from start: Double, to end: Double) {
    let start = max(start, 0)
    let end = min(end, Double(side))
    guard start < end else { return }
    let first = Int(start)
    let last = min(Int(end), side - 1)
    if first == last {
      coverage[first] += end - start
    } else {
      coverage[first] += Double(first + 1) - start
      if first + 1 < last { for index in first + 1..<last { coverage[index] += 1 } }
      coverage[last] += end - Double(last)
    }
  }
}
