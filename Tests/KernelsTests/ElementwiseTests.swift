import Kernels
import Testing

@Suite struct ElementwiseTests {
  @Test func rectifyKeepsNaN() {
    let values = FloatBuffer([-1, 0, 2, .nan, -.infinity])
    rectify(values.start, count: 5)
    #expect(values.values[..<3] == [0, 0, 2])
    #expect(values.values[3].isNaN)
    #expect(values.values[4] == 0)
  }

  @Test func rectifierGradientPassesWhereOutputIsPositive() {
    let gradient = FloatBuffer([1, 2, 3])
    let output = FloatBuffer([0, 5, 0.1])
    rectifyGradient(gradient.start, output: output.start, count: 3)
    #expect(gradient.values == [0, 2, 3])
  }

  @Test func biasIsAddedToRowsAndRowsAddUp() {
    let values = FloatBuffer([1, 2, 3, 4, 5, 6])
    let bias = FloatBuffer([10, 20, 30])
    addToRows(values.start, bias.start, rows: 2, columns: 3)
    #expect(values.values == [11, 22, 33, 14, 25, 36])
    let sums = FloatBuffer([1, 1, 1])
    addRows(of: values.start, rows: 2, columns: 3, to: sums.start)
    #expect(sums.values == [26, 48, 70])
  }

  /// v ← 0.5·2 + 0.1·((3 + 4) + 0.25·8) = 1.9; w ← 8 − 1.9.
  @Test func momentumStepFollowsCaffe() {
    let weights = FloatBuffer([8])
    let velocity = FloatBuffer([2])
    let gradients = FloatBuffer([3, 4])
    DescentStep(.caffe, momentum: 0.5, rate: 0.1, decay: 0.25).apply(
      weights: weights.start, velocity: velocity.start, gradients: gradients.start,
      parts: 2, stride: 1, count: 1)
    #expect((velocity.values[0] - 1.9).magnitude < 1e-6)
    #expect((weights.values[0] - 6.1).magnitude < 1e-6)
  }

  @Test func momentumStepMeetsNaiveTwinBeyondOneBlock() {
    let count = 1500
    let weights = FloatBuffer(someValues(count, seed: 1))
    let velocity = FloatBuffer(someValues(count, seed: 2))
    let gradients = FloatBuffer(someValues(3 * count, seed: 3))
    var expected: [Double] = []
    for index in 0..<count {
      let gradient = (0..<3).reduce(0.0) { $0 + Double(gradients.values[$1 * count + index]) }
      let step =
        0.9 * Double(velocity.values[index])
        + 0.01 * (gradient + 0.1 * Double(weights.values[index]))
      expected.append(Double(weights.values[index]) - step)
    }
    DescentStep(.caffe, momentum: 0.9, rate: 0.01, decay: 0.1).apply(
      weights: weights.start, velocity: velocity.start, gradients: gradients.start, parts: 3,
      stride: count, count: count)
    #expect(relativeError(weights.values, expected) < 1e-6)
  }

  @Test func dropoutKeepsTheRightShareAndScalesIt() {
    let count = 40_000
    let values = FloatBuffer(Array(repeating: 1, count: count))
    DropoutPattern(key: (1, 2), probability: 0.25).apply(
      to: values.start, count: count, position: 5, lane: 9)
    let kept = values.values.filter { $0 != 0 }
    #expect(kept.allSatisfy { $0 == Float(1 / 0.75) })
    // Four standard deviations of the binomial share.
    #expect((Double(kept.count) / Double(count) - 0.75).magnitude < 4 * 0.00217)
  }

  @Test func dropoutDependsOnPositionNotOnTheCall() {
    let pattern = DropoutPattern(key: (1, 2), probability: 0.5)
    let whole = FloatBuffer(Array(repeating: 1, count: 1000))
    pattern.apply(to: whole.start, count: 1000, position: 100, lane: 3)
    let part = FloatBuffer(Array(repeating: 1, count: 600))
    pattern.apply(to: part.start, count: 600, position: 200, lane: 3)
    #expect(Array(whole.values[400...]) == part.values)
    let other = FloatBuffer(Array(repeating: 1, count: 1000))
    pattern.apply(to: other.start, count: 1000, position: 100, lane: 4)
    #expect(other.values != whole.values)
  }
}
