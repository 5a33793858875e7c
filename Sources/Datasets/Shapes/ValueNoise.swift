/// A smooth random field: values at integer coordinates, interpolated; repeats every 8 units.
struct ValueNoise {
  private var lattice: [Double]

  init(_ draws: inout Draws) {
    lattice = []
    for _ in 0..<64 { lattice.append(draws.uniform()) }
  }

  /// 0…1.
  func value(at point: Point) -> Double {
    let left = point.x.rounded(.down)
    let top = point.y.rounded(.down)
    func ease(_ share: Double) -> Double { share * share * (3 - 2 * share) }
    let across = ease(point.x - left)
    let down = ease(point.y - top)
    let (x0, y0) = (Int(left) & 7, Int(top) & 7)
    let (x1, y1) = ((x0 + 1) & 7, (y0 + 1) & 7)
    let upper = lattice[y0 * 8 + x0] + (lattice[y0 * 8 + x1] - lattice[y0 * 8 + x0]) * across
    let lower = lattice[y1 * 8 + x0] + (lattice[y1 * 8 + x1] - lattice[y1 * 8 + x0]) * across
    return upper + (lower - upper) * down
  }
}
