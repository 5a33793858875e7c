import Kernels
import Testing

@Suite struct WinogradTests {
  static let families = [3, 5].flatMap { kernel in
    Winograd.tiles(kernel: kernel).map { (tile: $0, kernel: kernel) }
  }

  private func winograd(_ tile: Int, _ kernel: Int, _ level: KernelLevel) -> Winograd {
    // Odd extents, two groups, channels that do not fill blocks.
    Winograd(
      tile: tile, kernel: kernel, padding: kernel / 2, groups: 2, input: (7, 9, 10),
      output: (7, 9, 38), level: level)
  }

  private func product(_ a: FloatBuffer, _ b: FloatBuffer) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// ⟨V(x), v⟩ = ⟨x, the adjoint of v⟩, for the tiles of two images at once and in two parts.
  @Test(arguments: families, KernelLevel.supported)
  func inputGradientIsTheAdjointOfTheInputTransform(
    family: (tile: Int, kernel: Int), level: KernelLevel
  ) {
    let winograd = winograd(family.tile, family.kernel, level)
    let tiles = 2 * winograd.tilesPerImage
    let x = FloatBuffer(someValues(2 * 7 * 9 * 10))
    let image = FloatBuffer(count: x.count)
    var left = 0.0
    for part in [0..<tiles / 3, tiles / 3..<tiles] {
      let pitch = tiles
      let v = FloatBuffer(count: winograd.count(.input, pitch: pitch))
      winograd.transformInput(x.start, tiles: part, into: v.start, pitch: pitch)
      // A random side with zero padding: the transform of a random image.
      let other = FloatBuffer(count: v.count)
      let source = FloatBuffer(someValues(x.count, seed: 2))
      winograd.transformInput(source.start, tiles: part, into: other.start, pitch: pitch)
      left += product(v, other)
      winograd.addInputGradient(other.start, pitch: pitch, tiles: part, to: image.start)
    }
    let right = product(x, image)
    #expect((left - right).magnitude < 1e-5 * max(left.magnitude, product(x, x)))
  }

  /// ⟨dM(y), m⟩ = ⟨y, Y(m)⟩
  @Test(arguments: families, KernelLevel.supported)
  func outputTransformIsTheAdjointOfItsGradient(
    family: (tile: Int, kernel: Int), level: KernelLevel
  ) {
    let winograd = winograd(family.tile, family.kernel, level)
    let tiles = winograd.tilesPerImage
    let y = FloatBuffer(someValues(7 * 9 * 38))
    let other = FloatBuffer(someValues(y.count, seed: 2))
    let biases = FloatBuffer(count: winograd.biasCount)
    let count = winograd.count(.output, pitch: tiles)
    let (dm, m, result) = (
      FloatBuffer(count: count), FloatBuffer(count: count), FloatBuffer(count: y.count)
    )
    winograd.transformOutputGradient(y.start, tiles: 0..<tiles, into: dm.start, pitch: tiles)
    winograd.transformOutputGradient(other.start, tiles: 0..<tiles, into: m.start, pitch: tiles)
    winograd.transformOutput(
      m.start, pitch: tiles, biases: biases.start, rectifies: false, tiles: 0..<tiles,
      into: result.start)
    let (left, right) = (product(dm, m), product(y, result))
    #expect((left - right).magnitude < 1e-5 * max(left.magnitude, product(dm, dm)))
  }

  @Test(arguments: KernelLevel.supported)
  func rectifyingOutputAddsBiasesFirstAndKeepsNaN(level: KernelLevel) {
    let winograd = Winograd(
      tile: 2, kernel: 3, padding: 1, groups: 1, input: (2, 2, 1), output: (2, 2, 3), level: level)
    let m = FloatBuffer(count: winograd.count(.output, pitch: 1))
    let biases = FloatBuffer(count: winograd.biasCount)
    let given = FloatBuffer([-1, 2, .nan])
    winograd.spread(given.start, into: biases.start)
    let output = FloatBuffer(count: 12)
    winograd.transformOutput(
      m.start, pitch: 1, biases: biases.start, rectifies: true, tiles: 0..<1, into: output.start)
    for place in 0..<4 {
      #expect(output.values[place * 3] == 0)
      #expect(output.values[place * 3 + 1] == 2)
      #expect(output.values[place * 3 + 2].isNaN)
    }
  }

  @Test func thereAreNoMatricesForOtherShapes() {
    #expect(Winograd.isServed(tile: 4, kernel: 3))
    #expect(!Winograd.isServed(tile: 4, kernel: 7))
    #expect(!Winograd.isServed(tile: 3, kernel: 3))
  }
}

@Suite struct KernelLevelTests {
  @Test func plainLevelIsAlwaysThereAndTheFastestIsTheDefault() {
    #expect(KernelLevel.plain.isSupported)
    #expect(KernelLevel.supported.first == .plain)
    #expect(KernelLevel.supported.contains(.current))
  }
}
