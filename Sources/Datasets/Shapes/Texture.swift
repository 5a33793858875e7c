/// The variation of a surface between two colours.
enum Texture {
  case plain
  /// Bands across a direction (a vector whose length is bands per unit), with the given width of the second colour.
  case stripes(direction: Point, phase: Double, width: Double)
  /// A chequerboard of squares.
  case checks(direction: Point, phase: Double)
  /// Irregular patches where a noise field exceeds a threshold.
  case spots(noise: ValueNoise, scale: Double, threshold: Double)
  /// A smooth irregular blend.
  case mottle(noise: ValueNoise, scale: Double)

  /// The share of the second colour, 0…1.
  func share(at point: Point) -> Double {
    func fraction(_ value: Double) -> Double { value - value.rounded(.down) }
    switch self {
    case .plain:
      return 0
    case .stripes(let direction, let phase, let width):
      let place = fraction(point.x * direction.x + point.y * direction.y + phase)
      return place < width ? 1 : 0
    case .checks(let direction, let phase):
      let along = fraction(point.x * direction.x + point.y * direction.y + phase)
      let across = fraction(point.x * direction.y - point.y * direction.x + phase)
      return (along < 0.5) == (across < 0.5) ? 1 : 0
    case .spots(let noise, let scale, let threshold):
      let excess = (noise.value(at: point * scale) - threshold) * 6 + 0.5
      return min(max(excess, 0), 1)
    case .mottle(let noise, let scale):
      return noise.value(at: point * scale)
    }
  }
}
