/// Objects with straight edges and regular arrangements.
extension ShapesSketch {
  /// A toothed wheel with a hole.
  mutating func drawGear() {
    let teeth = draws.integer(7...10)
    let root = draws.uniform(0.66...0.76)
    let width = draws.uniform(0.4...0.6)
    var rim: [Point] = []
    for tooth in 0..<teeth {
      let start = Double(tooth) / Double(teeth)
      let step = width / Double(teeth)
      rim.append(unitVector(turns: start - step * 0.58) * root)
      rim.append(unitVector(turns: start - step * 0.42))
      rim.append(unitVector(turns: start + step * 0.42))
      rim.append(unitVector(turns: start + step * 0.58) * root)
    }
    let hole = draws.uniform(0.18...0.38)
    fill([rim], holes: [ellipse(Point(x: 0, y: 0), hole, hole)], color: 0)
    if draws.chance(0.5) {
      let ring = hole + 0.12
      fill(
        [ellipse(Point(x: 0, y: 0), ring, ring)],
        holes: [ellipse(Point(x: 0, y: 0), hole, hole)], color: 1, textured: false)
    }
  }

  /// Walls, a pitched roof, a door and windows.
  mutating func drawHouse() {
    let half = draws.uniform(0.6...0.8)
    let eaves = draws.uniform(-0.25...0.1)
    let overhang = draws.uniform(0.05...0.2)
    if draws.chance(0.5) {
      let at = draws.uniform(0.25...0.45) * (draws.chance(0.5) ? 1 : -1)
      fill([rectangle(at - 0.1, -0.95, at + 0.1, eaves)], color: 3, textured: false)
    }
    fill([rectangle(-half, eaves, half, 0.9)], color: 0)
    let ridge = draws.uniform(-0.12...0.12)
    fill(
      [
        [
          Point(x: -half - overhang, y: eaves), Point(x: ridge, y: draws.uniform(-1 ... -0.8)),
          Point(x: half + overhang, y: eaves),
        ]
      ], color: 1, textured: false)
    let door = draws.uniform(-0.4...0.4) * half
    fill([rectangle(door - 0.14, 0.4, door + 0.14, 0.9)], color: 2, textured: false)
    for side in [-1.0, 1.0] where abs(door - side * half * 0.55) > 0.3 {
      let x = side * half * 0.55
      let y = eaves + 0.3
      fill([rectangle(x - 0.14, y - 0.13, x + 0.14, y + 0.15)], color: 2, textured: false)
    }
  }

  /// Two rails and rungs between them.
  mutating func drawLadder() {
    let bottom = draws.uniform(0.35...0.6)
    let top = bottom * draws.uniform(0.7...1)
    let rail = draws.uniform(0.13...0.2)
    let rungs = draws.integer(4...6)
    func edge(_ y: Double) -> Double { top + (bottom - top) * (y + 1) / 2 }
    for rung in 0..<rungs {
      let y = -0.85 + 1.7 * (Double(rung) + 0.5) / Double(rungs)
      let half = edge(y)
      fill([rectangle(-half, y - 0.07, half, y + 0.07)], color: 1, textured: false)
    }
    for side in [-1.0, 1.0] {
      fill(
        [
          [
            Point(x: side * top - rail / 2, y: -1), Point(x: side * top + rail / 2, y: -1),
            Point(x: side * bottom + rail / 2, y: 1), Point(x: side * bottom - rail / 2, y: 1),
          ]
        ], color: 0)
    }
  }

  /// A load, a cab with a pane, and wheels.
  mutating func drawTruck() {
    let front = draws.uniform(0.25...0.5)
    let roof = draws.uniform(-0.75 ... -0.4)
    let cabRoof = draws.uniform(-0.3 ... -0.05)
    let floor = 0.4
    let slant = draws.uniform(0...0.2)
    fill([rectangle(-1, roof, front - 0.06, floor)], color: 0)
    fill(
      [
        [
          Point(x: front, y: cabRoof), Point(x: 0.95 - slant, y: cabRoof), Point(x: 1, y: 0.1),
          Point(x: 1, y: floor), Point(x: front, y: floor),
        ]
      ], color: 1, textured: false)
    fill(
      [rectangle(front + 0.14, cabRoof + 0.09, 0.86 - slant, cabRoof + 0.32)], color: 2,
      textured: false)
    let radius = draws.uniform(0.19...0.27)
    var axles = [draws.uniform(-0.75 ... -0.5), draws.uniform(0.5...0.68)]
    if draws.chance(0.4) { axles.append(axles[0] + 2.2 * radius) }
    for axle in axles {
      let center = Point(x: axle, y: floor + 0.08)
      fill([ellipse(center, radius, radius)], color: 3, textured: false)
      fill([ellipse(center, radius * 0.4, radius * 0.4)], color: 2, textured: false)
    }
  }

  /// A frame around a grid of panes.
  mutating func drawWindow() {
    let columns = draws.integer(2...3)
    let rows = draws.integer(2...3)
    let half = Point(x: draws.uniform(0.65...0.9), y: draws.uniform(0.65...0.95))
    let bar = draws.uniform(0.1...0.16)
    var panes: [[Point]] = []
    let wide = (2 * half.x - bar * Double(columns + 1)) / Double(columns)
    let high = (2 * half.y - bar * Double(rows + 1)) / Double(rows)
    for row in 0..<rows {
      for column in 0..<columns {
        let left = -half.x + bar + Double(column) * (wide + bar)
        let top = -half.y + bar + Double(row) * (high + bar)
        panes.append(rectangle(left, top, left + wide, top + high))
      }
    }
    if draws.chance(0.7) {
      fill(panes, color: 1, textured: draws.chance(0.3))
    }
    fill([rectangle(-half.x, -half.y, half.x, half.y)], holes: panes, color: 0, textured: false)
    if draws.chance(0.4) {
      fill(
        [rectangle(-half.x - 0.12, half.y, half.x + 0.12, half.y + 0.14)], color: 3, textured: false
      )
    }
  }
}
