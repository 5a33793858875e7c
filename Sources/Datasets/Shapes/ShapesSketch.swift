/// An image being painted: a canvas, its random numbers, and the placement of its object.
///
/// Objects are drawn in their own coordinates, about −1…1 in both directions, y downwards.
struct ShapesSketch {
  var canvas: ShapesCanvas
  var draws: Draws
  /// Three light colours for surfaces and, third, a dark one for details and textures.
  var palette: [Color]
  var texture: Texture = .plain
  var placement: Placement
  /// Towards the light, as long as the light is uneven.
  var light: Point

  /// Rotated, stretched and shifted.
  struct Placement {
    var origin: Point
    var right: Point
    var down: Point

    func place(_ point: Point) -> Point { origin + right * point.x + down * point.y }

    /// The point of the object at a point of the canvas.
    func unplace(_ point: Point) -> Point {
      let offset = point - origin
      let determinant = right.x * down.y - right.y * down.x
      return Point(
        x: (offset.x * down.y - offset.y * down.x) / determinant,
        y: (right.x * offset.y - right.y * offset.x) / determinant)
    }
  }

  /// Paints overlapping pieces as one surface, except for its holes.
  mutating func fill(
    _ pieces: [[Point]], holes: [[Point]] = [], color: Int, textured: Bool = true
  ) {
    let placement = self.placement
    let contours =
      pieces.map { oriented($0.map(placement.place), positive: true) }
      + holes.map { oriented($0.map(placement.place), positive: false) }
    let base = palette[color % palette.count]
    let other = palette[2].mixed(with: base, share: 0.35)
    let texture = textured ? self.texture : .plain
    let light = self.light
    canvas.fill(contours) { point in
      let own = placement.unplace(point)
      let shade = 1 + own.x * light.x + own.y * light.y
      return base.mixed(with: other, share: texture.share(at: own)).scaled(by: shade)
    }
  }

  private func oriented(_ contour: [Point], positive: Bool) -> [Point] {
    var area = 0.0
    var previous = contour[contour.count - 1]
    for point in contour {
      area += previous.x * point.y - point.x * previous.y
      previous = point
    }
    return (area >= 0) == positive ? contour : contour.reversed()
  }
}

// MARK: - Outlines

func rectangle(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double) -> [Point] {
  [
    Point(x: left, y: top), Point(x: right, y: top), Point(x: right, y: bottom),
    Point(x: left, y: bottom),
  ]
}

/// An ellipse around `center` whose first radius points in a direction (in turns).
func ellipse(_ center: Point, _ first: Double, _ second: Double, turns: Double = 0) -> [Point] {
  let axis = unitVector(turns: turns)
  return (0..<20).map { index in
    let at = unitVector(turns: Double(index) / 20)
    return center
      + Point(
        x: at.x * first * axis.x - at.y * second * axis.y,
        y: at.x * first * axis.y + at.y * second * axis.x)
  }
}

/// The pieces of a line of varying width through points: a band for each segment, a disc for each bend.
func stroke(_ line: [(point: Point, width: Double)]) -> [[Point]] {
  var pieces: [[Point]] = []
  for (index, (point, width)) in line.enumerated() {
    pieces.append(
      (0..<10).map { point + unitVector(turns: Double($0) / 10) * (width / 2) })
    guard index > 0 else { continue }
    let (before, widthBefore) = line[index - 1]
    let along = point - before
    guard along.length > 1e-9 else { continue }
    let across = Point(x: -along.y, y: along.x) * (1 / along.length)
    pieces.append([
      before + across * (widthBefore / 2), point + across * (width / 2),
      point - across * (width / 2), before - across * (widthBefore / 2),
    ])
  }
  return pieces
}
