import Basics
import Definitions

/// Renders the built-in dataset: 32 × 32 colour images of man-made and natural objects.
///
/// Hue, background and position reveal almost nothing about the class; outline, parts, surface and their arrangement
/// do. An image depends only on the seed, its class, its subset and its number.
///
/// The ranges of random values are balanced by measurement: a linear classifier of the pixels fails, a small
/// convolutional network learns from a few hundred images per class, and what its upper layers learn from half of the
/// classes is visibly worse on the other half.
struct ShapesRenderer: Sendable {
  static let side = ShapeClass.imageSide
  /// Raised whenever the same seed produces different images.
  static let revision = 2

  private let root: RandomStream

  init(seed: UInt64) { root = RandomStream(seed: seed).stream(for: "shapes") }

  func render(_ shape: ShapeClass, _ subset: Subset, number: Int) -> DecodedImage {
    let stream = root.stream(for: subset.rawValue).stream(for: shape.rawValue)
    var sketch = ShapesSketch(draws: Draws(stream, position: number), shape: shape)
    sketch.drawClutter()
    sketch.draw(shape)
    sketch.drawOccluder()
    return sketch.developed()
  }
}

extension ShapesSketch {
  /// Backgrounds and details are dark, surfaces light: objects stand out by brightness, and hues carry no
  /// information.
  private static let dark = 0.1...0.45
  private static let light = 0.6...1.0

  /// An empty scene: colours, light and placement drawn, the background painted.
  fileprivate init(draws: Draws, shape: ShapeClass) {
    var draws = draws
    let side = ShapesRenderer.side
    canvas = ShapesCanvas(side: side)

    let ground = draws.color(value: ShapesSketch.dark)
    let horizon = ground.mixed(
      with: draws.color(value: ShapesSketch.dark), share: draws.uniform(0.1...0.6))
    let slope = unitVector(turns: draws.uniform()) * (1 / Double(side))
    let noise = ValueNoise(&draws)
    let roughness = draws.uniform(0...0.5)
    let grain = draws.uniform(0.06...0.35)
    canvas.paint { point in
      let along = 0.5 + (point.x - 16) * slope.x + (point.y - 16) * slope.y
      let share = min(max(along, 0), 1)
      let rough = 1 + roughness * (noise.value(at: point * grain) - 0.5)
      return ground.mixed(with: horizon, share: share).scaled(by: rough)
    }

    palette = []
    for value in [ShapesSketch.light, ShapesSketch.light, ShapesSketch.dark, ShapesSketch.light] {
      // Parts are mostly distinguishable from the background and from each other.
      var best = draws.color(value: value)
      var bestDistance = -1.0
      for _ in 0..<4 {
        let candidate = draws.color(value: value)
        let distance = ([ground, horizon] + palette.suffix(2)).map(candidate.distance(to:)).min()!
        if distance > bestDistance { (best, bestDistance) = (candidate, distance) }
      }
      palette.append(best)
    }

    let turns = draws.uniform(-1...1) * shape.freedomToTurn
    let size = draws.uniform(10...14)
    let aspect = draws.uniform(0.85...1.15)
    let shear = draws.uniform(-0.15...0.15)
    let across = unitVector(turns: turns)
    let reach = (15.5 - size * 0.85) * 0.85
    let flip = draws.chance(0.5) ? 1.0 : -1
    placement = Placement(
      origin: Point(
        x: 16 + draws.uniform(-1...1) * reach, y: 16 + draws.uniform(-1...1) * reach),
      right: across * (size * aspect * flip),
      down: (Point(x: -across.y, y: across.x) + across * shear) * (size / aspect))
    light = unitVector(turns: draws.uniform()) * draws.uniform(0...0.35)
    self.draws = draws
    texture = drawTexture(shape.family)
  }

  private mutating func drawTexture(_ family: ShapeClass.Family) -> Texture {
    guard draws.chance(0.65) else { return .plain }
    switch family {
    case .manMade:
      let direction = unitVector(turns: draws.chance(0.5) ? 0.25 : 0)
      if draws.chance(0.6) {
        return .stripes(
          direction: direction * draws.uniform(2.2...4), phase: draws.uniform(),
          width: draws.uniform(0.3...0.6))
      }
      return .checks(direction: direction * draws.uniform(1.4...2.4), phase: draws.uniform())
    case .natural:
      let noise = ValueNoise(&draws)
      if draws.chance(0.5) {
        return .spots(
          noise: noise, scale: draws.uniform(3...5), threshold: draws.uniform(0.5...0.7))
      }
      return .mottle(noise: noise, scale: draws.uniform(2...4))
    }
  }

  /// Small surrounding objects: bars, blobs and triangles in any colour.
  fileprivate mutating func drawClutter() {
    for _ in 0..<draws.integer(1...5) { drawScrap(size: draws.uniform(1...3)) }
  }

  /// Sometimes an object occludes a part of the main object.
  fileprivate mutating func drawOccluder() {
    guard draws.chance(0.25) else { return }
    drawScrap(size: draws.uniform(2...4))
  }

  private mutating func drawScrap(size: Double) {
    let center = Point(x: draws.uniform(0...32), y: draws.uniform(0...32))
    let color = draws.color(value: 0.2...0.9)
    let turns = draws.uniform()
    let along = unitVector(turns: turns) * size
    let across = Point(x: -along.y, y: along.x) * draws.uniform(0.2...0.9)
    let outline: [Point]
    switch draws.integer(0...3) {
    case 0:
      outline = [
        center + along + across, center + along - across, center - along - across,
        center - along + across,
      ]
    case 1:
      outline = [center + along, center - along + across, center - along - across]
    case 2:
      outline = ellipse(center, size, across.length, turns: turns)
    default:
      let ripple = draws.uniform()
      outline = (0..<16).map { step in
        let at = Double(step) / 16
        let radius = size * (0.8 + 0.3 * unitVector(turns: ripple + at * 3).x)
        return center + unitVector(turns: at) * radius
      }
    }
    canvas.fill([outline], opacity: draws.uniform(0.7...1)) { _ in color }
  }

  /// The image with its light, contrast and noise, as bytes.
  fileprivate mutating func developed() -> DecodedImage {
    let side = ShapesRenderer.side
    let slope = unitVector(turns: draws.uniform()) * (draws.uniform(0...0.3) / Double(side))
    let brightness = draws.uniform(-0.12...0.12)
    let contrast = draws.uniform(0.7...1.1)
    let noise = draws.uniform(0.01...0.04)
    var bytes = [UInt8](repeating: 0, count: side * side * 3)
    for y in 0..<side {
      for x in 0..<side {
        let light = 1 + (Double(x) - 16) * slope.x + (Double(y) - 16) * slope.y
        for channel in 0..<3 {
          let index = (y * side + x) * 3 + channel
          let value = (canvas.pixels[index] * light - 0.5) * contrast + 0.5 + brightness
          let noisy = value + draws.bell() * noise
          bytes[index] = UInt8(min(max(noisy * 255 + 0.5, 0), 255))
        }
      }
    }
    return DecodedImage(height: side, width: side, channels: 3, pixels: bytes)
  }
}

extension ShapeClass {
  /// How far an object may be rotated either way: objects that stand on the ground only lean.
  fileprivate var freedomToTurn: Double {
    switch self {
    case .house, .truck: 0.06
    case .branch, .window: 0.1
    case .ladder, .leaf, .snake: 0.12
    case .flower, .gear, .starfish: 0.5
    }
  }
}

extension Draws {
  /// A colour of any hue, not fully saturated.
  fileprivate mutating func color(value: ClosedRange<Double>) -> Color {
    Color(hue: uniform(), saturation: uniform(0.1...0.7), value: uniform(value))
  }
}
