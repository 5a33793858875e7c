import Kernels
import Testing

/// Against naive twins, for counts that are and are not whole vectors.
@Suite struct GatheredGradientTests {
  @Test(arguments: [1, 15, 16, 1100], [false, true]) func partsAreAddedInOrder(
    count: Int, adds: Bool
  ) {
    let gradients = FloatBuffer(someValues(3 * count, seed: 2))
    let start = someValues(count, seed: 3)
    let sum = FloatBuffer(start)
    GatheredGradient.gather(
      gradients.start, parts: 3, stride: count, count: count, into: sum.start, adds: adds)
    let expected = (0..<count).map { index in
      let parts = (0..<3).map { gradients.values[$0 * count + index] }
      return adds ? start[index] + parts[0] + parts[1] + parts[2] : parts[0] + parts[1] + parts[2]
    }
    #expect(sum.values == expected)
  }

  @Test(arguments: [1, 15, 16, 1100]) func squaresAreSummed(count: Int) {
    let values = FloatBuffer(someValues(count, seed: 4))
    let expected = values.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let found = GatheredGradient.sumOfSquares(values.start, count: count)
    #expect((found - expected).magnitude <= 1e-12 * expected)
  }

  @Test func aLongGradientIsShortened() {
    #expect(GatheredGradient.factor(clipping: 0.5, to: 1) == 1)
    #expect((GatheredGradient.factor(clipping: 4, to: 1) - 0.25).magnitude < 1e-6)
    #expect(GatheredGradient.factor(clipping: 0, to: 1) == 1)
  }

  @Test(arguments: [1, 17, 1100]) func weightsArePulled(count: Int) {
    let (weights, source) = (someValues(count, seed: 5), someValues(count, seed: 6))
    let gradient = FloatBuffer(someValues(count, seed: 7))
    let expected = (0..<count).map {
      Double(gradient.values[$0]) + 0.3 * (Double(weights[$0]) - Double(source[$0]))
    }
    let (w, s) = (FloatBuffer(weights), FloatBuffer(source))
    GatheredGradient.addPull(
      w.start, toward: s.start, factor: 0.3, to: gradient.start, count: count)
    #expect(relativeError(gradient.values, expected) < 1e-6)
    GatheredGradient.approach(w.start, to: s.start, share: 0.25, count: count)
    let nearer = (0..<count).map { 0.75 * Double(weights[$0]) + 0.25 * Double(source[$0]) }
    #expect(relativeError(w.values, nearer) < 1e-6)
    GatheredGradient.scale(w.start, count: count, by: 2)
    #expect(relativeError(w.values, nearer.map { 2 * $0 }) < 1e-6)
  }
}
