/// Objects with curved, irregular outlines.
extension ShapesSketch {
  /// A stem that forks again and again, with leaves at its ends.
  mutating func drawBranch() {
    var pieces: [[Point]] = []
    var ends: [(point: Point, turns: Double)] = []
    grow(
      from: Point(x: draws.uniform(-0.2...0.2), y: 1), turns: -0.25 + draws.uniform(-0.03...0.03),
      length: draws.uniform(0.6...0.75), width: draws.uniform(0.2...0.28), generation: 0,
      into: &pieces, ends: &ends)
    fill(pieces, color: 0)
    guard draws.chance(0.75) else { return }
    let size = draws.uniform(0.12...0.18)
    let leaves = ends.map { end in
      ellipse(
        end.point + unitVector(turns: end.turns) * (size * 0.6), size, size * 0.6,
        turns: end.turns)
    }
    fill(leaves, color: 1, textured: false)
  }

  private mutating func grow(
    from start: Point, turns: Double, length: Double, width: Double, generation: Int,
    into pieces: inout [[Point]], ends: inout [(point: Point, turns: Double)]
  ) {
    let bend = draws.uniform(-0.04...0.04)
    let middle = start + unitVector(turns: turns) * (length / 2)
    let end = middle + unitVector(turns: turns + bend) * (length / 2)
    pieces += stroke([(start, width), (middle, width * 0.85), (end, width * 0.7)])
    guard generation < 3 else {
      ends.append((end, turns + bend))
      return
    }
    let spread = draws.uniform(0.07...0.13)
    for side in [-1.0, 1.0] {
      grow(
        from: end, turns: turns + bend + side * spread + draws.uniform(-0.03...0.03),
        length: length * draws.uniform(0.6...0.85), width: width * 0.68,
        generation: generation + 1, into: &pieces, ends: &ends)
    }
  }

  /// Petals around a disc, sometimes on a stalk.
  mutating func drawFlower() {
    if draws.chance(0.5) {
      fill(
        stroke([
          (Point(x: 0, y: 0), 0.13), (Point(x: draws.uniform(-0.25...0.25), y: 0.8), 0.13),
          (Point(x: draws.uniform(-0.3...0.3), y: 1.35), 0.13),
        ]), color: 3, textured: false)
    }
    let petals = draws.integer(5...9)
    let length = draws.uniform(0.38...0.44)
    let width = min(length, 2.6 / Double(petals)) * draws.uniform(0.55...0.75)
    var outlines: [[Point]] = []
    for petal in 0..<petals {
      let turns = (Double(petal) + draws.uniform(-0.12...0.12)) / Double(petals)
      let reach = length * draws.uniform(0.9...1.08)
      outlines.append(ellipse(unitVector(turns: turns) * (1 - reach), reach, width, turns: turns))
    }
    fill(outlines, color: 0)
    let heart = draws.uniform(0.2...0.34)
    fill([ellipse(Point(x: 0, y: 0), heart, heart)], color: 1, textured: false)
  }

  /// A pointed blade with a midrib and side veins.
  mutating func drawLeaf() {
    let width = draws.uniform(0.42...0.65)
    let belly = draws.uniform(-0.25...0.25)
    let curve = draws.uniform(-0.3...0.3)
    func spine(_ y: Double) -> Double { curve * (1 - y * y) }
    func half(_ y: Double) -> Double { width * (1 - y * y) * (1 + belly * y) }
    var blade: [Point] = []
    for step in 0...14 {
      let y = -1 + 2 * Double(step) / 14
      blade.append(Point(x: spine(y) + half(y) * draws.uniform(0.88...1.08), y: y))
    }
    for step in 1..<14 {
      let y = 1 - 2 * Double(step) / 14
      blade.append(Point(x: spine(y) - half(y) * draws.uniform(0.88...1.08), y: y))
    }
    fill([blade], color: 0)
    var veins: [[Point]] = []
    var rib: [(point: Point, width: Double)] = []
    for step in 0...6 {
      let y = -0.85 + 2.15 * Double(step) / 6
      rib.append((Point(x: spine(min(y, 1)), y: y), 0.06 + 0.015 * Double(step)))
    }
    veins += stroke(rib)
    let pairs = draws.integer(3...4)
    for pair in 0..<pairs {
      let y = -0.45 + 1.1 * Double(pair) / Double(pairs - 1)
      for side in [-1.0, 1.0] {
        let tip = y - 0.3
        veins += stroke([
          (Point(x: spine(y), y: y), 0.07),
          (Point(x: spine(tip) + side * half(tip) * 0.85, y: tip), 0.05),
        ])
      }
    }
    fill(veins, color: 2, textured: false)
  }

  /// A winding body with bands, thick in the middle, and a head with an eye.
  mutating func drawSnake() {
    let waves = draws.uniform(0.9...1.6)
    let phase = draws.uniform()
    let height = draws.uniform(0.3...0.5)
    let thickness = draws.uniform(0.2...0.3)
    var body: [(point: Point, width: Double)] = []
    for step in 0...18 {
      let along = Double(step) / 18
      let swing = unitVector(turns: phase + waves * along).y * height
      body.append(
        (Point(x: -1 + 1.85 * along, y: swing), thickness * (0.35 + along * (1.6 - along))))
    }
    fill(stroke(body), color: 0)
    let bands = draws.integer(2...3)
    for step in stride(from: 3, to: 16, by: bands) {
      let (point, width) = body[step]
      let along = body[step + 1].point - body[step - 1].point
      let across = Point(x: -along.y, y: along.x) * (width / 2 / along.length)
      fill(stroke([(point + across, 0.08), (point - across, 0.08)]), color: 2, textured: false)
    }
    let (head, width) = body[18]
    fill([ellipse(head, width * 0.85, width * 0.65)], color: 0, textured: false)
    fill(
      [ellipse(head + Point(x: 0.03, y: -0.04), 0.06, 0.06)], color: 2, textured: false)
  }

  /// Five tapering arms, each bent differently, with knobs along them.
  mutating func drawStarfish() {
    var pieces: [[Point]] = []
    var knobs: [[Point]] = []
    let thickness = draws.uniform(0.4...0.55)
    for arm in 0..<5 {
      let turns = (Double(arm) + draws.uniform(-0.15...0.15)) / 5
      let bend = draws.uniform(-0.09...0.09)
      let reach = draws.uniform(0.85...1.05)
      let knee = unitVector(turns: turns) * (reach * 0.5)
      let tip = knee + unitVector(turns: turns + bend) * (reach * 0.5)
      pieces += stroke([
        (Point(x: 0, y: 0), thickness), (knee, thickness * 0.68), (tip, thickness * 0.28),
      ])
      for share in [0.35, 0.7, 1.0] {
        let on = share < 0.8 ? knee * (share / 0.7) : knee + (tip - knee) * 0.5
        knobs.append(ellipse(on, 0.06, 0.06))
      }
    }
    fill(pieces, color: 0)
    if draws.chance(0.7) { fill(knobs, color: 2, textured: false) }
  }
}
