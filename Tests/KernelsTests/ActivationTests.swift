import Glibc
import Kernels
import Testing

/// Activations and their gradients compared with their definitions in double precision, over more values than vectors
/// hold, some at the places where they bend.
@Suite struct ActivationTests {
  private let x = someValues(1003, seed: 1).map { $0 * 9 } + [0, -0.0, 6, -6]
  private let dy = someValues(1007, seed: 2)

  private func expect(
    _ body: (Floats) -> Void, of values: [Float], are expected: (Double) -> Double
  ) {
    let found = FloatBuffer(values)
    body(found.start)
    #expect(relativeError(found.values, values.map { expected(Double($0)) }) < 1e-6)
  }

  /// `body(gradient, output)` against dy · f′(x).
  private func expectGradient(
    _ body: (Floats, Floats) -> Void, at output: [Float], are factor: (Double) -> Double
  ) {
    let (found, output) = (FloatBuffer(dy), FloatBuffer(output))
    body(found.start, output.start)
    let expected = zip(dy, output.values).map { Double($0) * factor(Double($1)) }
    #expect(relativeError(found.values, expected) < 1e-6)
  }

  @Test func clippedAtBothEnds() {
    expect({ clip($0, count: x.count, limit: 6) }, of: x) { min(max($0, 0), 6) }
    let y = x.map { min(max($0, 0), 6) }
    expectGradient({ clipGradient($0, output: $1, count: x.count, limit: 6) }, at: y) {
      $0 > 0 && $0 < 6 ? 1 : 0
    }
    let nan = FloatBuffer([.nan])
    clip(nan.start, count: 1, limit: 6)
    #expect(nan.values[0].isNaN)
  }

  @Test func leakOfNegativeValues() {
    expect({ leak($0, count: x.count, slope: 0.125) }, of: x) { $0 < 0 ? 0.125 * $0 : $0 }
    expectGradient({ leakGradient($0, output: $1, count: x.count, slope: 0.125) }, at: x) {
      $0 < 0 ? 0.125 : 1
    }
  }

  @Test func sigmoidOfModerateAndExtremeValues() {
    let values = x + [40, -40, 100, -100, .infinity, -.infinity]
    expect({ sigmoid($0, into: $0, count: values.count) }, of: values) { 1 / (1 + exp(-$0)) }
    let y = x.map { Float(1 / (1 + exp(-Double($0)))) }
    expectGradient({ sigmoidGradient($0, output: $1, count: x.count) }, at: y) { $0 * (1 - $0) }
    let nan = FloatBuffer([.nan])
    sigmoid(nan.start, into: nan.start, count: 1)
    #expect(nan.values[0].isNaN)
  }

  @Test func sigmoidLinear() {
    let (input, output) = (FloatBuffer(x), FloatBuffer(count: x.count))
    Kernels.sigmoidLinear(input.start, into: output.start, count: x.count)
    let expected = x.map { Double($0) / (1 + exp(-Double($0))) }
    #expect(relativeError(output.values, expected) < 1e-6)
    let (gradient, result) = (FloatBuffer(dy), FloatBuffer(count: x.count))
    sigmoidLinearGradient(
      gradient.start, input: input.start, into: result.start, count: x.count)
    let expectedGradient = zip(dy, x).map { dy, x in
      let s = 1 / (1 + exp(-Double(x)))
      return Double(dy) * s * (1 + Double(x) * (1 - s))
    }
    #expect(relativeError(result.values, expectedGradient) < 1e-6)
  }
}

/// Rows and columns moved and multiplied: exact.
@Suite struct RowTests {
  @Test func rowsAreMultipliedByFactors() {
    let (rows, columns) = (5, 37)
    let x = someValues(rows * columns), factors = someValues(columns, seed: 2)
    let (values, given) = (FloatBuffer(x), FloatBuffer(factors))
    multiplyRows(values.start, by: given.start, rows: rows, columns: columns)
    #expect(values.values == x.indices.map { x[$0] * factors[$0 % columns] })
    let others = FloatBuffer(x)
    multiply(values.start, by: others.start, count: x.count)
    #expect(values.values == x.indices.map { x[$0] * factors[$0 % columns] * x[$0] })
  }

  @Test func rowsAreCopiedBetweenStrides() {
    let from = FloatBuffer(someValues(4 * 23)), to = FloatBuffer(Array(repeating: 7, count: 4 * 31))
    copyRows(from.start, stride: 23, into: to.start, stride: 31, rows: 4, columns: 19)
    for row in 0..<4 {
      for column in 0..<31 {
        let expected = column < 19 ? from.values[row * 23 + column] : 7
        #expect(to.values[row * 31 + column] == expected)
      }
    }
  }

  @Test func transposed() {
    let from = FloatBuffer(someValues(6 * 17)), to = FloatBuffer(count: 6 * 17)
    transpose(from.start, into: to.start, rows: 6, columns: 17)
    for row in 0..<6 {
      for column in 0..<17 {
        #expect(to.values[column * 6 + row] == from.values[row * 17 + column])
      }
    }
  }

  @Test func valuesAddUp() {
    let x = someValues(77), y = someValues(77, seed: 2)
    let (values, sums) = (FloatBuffer(x), FloatBuffer(y))
    add(values.start, to: sums.start, count: 77)
    #expect(sums.values == zip(x, y).map { $1 + $0 })
  }
}
