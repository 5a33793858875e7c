import Glibc
import Kernels
import Testing

@Suite struct ChannelResponseTests {
  struct Case: Sendable {
    var channels = 12
    var size = 5
    var beta = 0.75
  }

  static let cases = [Case(), Case(channels: 3), Case(size: 3, beta: 0.5), Case(size: 1)]

  private func twin(_ x: [Double], _ shape: Case) -> [Double] {
    (0..<x.count).map { index in
      let channel = index % shape.channels
      let first = index - channel
      let sum = (channel - shape.size / 2...channel + shape.size / 2)
        .filter { 0..<shape.channels ~= $0 }.reduce(0.0) { $0 + x[first + $1] * x[first + $1] }
      return x[index] / pow(1.5 + 0.7 / Double(shape.size) * sum, shape.beta)
    }
  }

  @Test(arguments: cases) func meetsNaiveTwinAndItsNumericalGradient(shape: Case) {
    let places = 4
    let count = places * shape.channels
    let response = ChannelResponse(
      channels: shape.channels, size: shape.size, alpha: 0.7, beta: shape.beta, k: 1.5)
    let input = FloatBuffer(someValues(count))
    let output = FloatBuffer(count: count)
    let scratch = FloatBuffer(count: response.scratchCount)
    response.forward(input.start, into: output.start, places: places, scratch: scratch.start)
    let x = input.values.map(Double.init)
    #expect(relativeError(output.values, twin(x, shape)) < 1e-6)

    let upstream = FloatBuffer(someValues(count, seed: 2))
    let gradient = FloatBuffer(count: count)
    response.gradient(
      upstream.start, input: input.start, into: gradient.start, places: places,
      scratch: scratch.start)
    let expected = (0..<count).map { index in
      func loss(_ shift: Double) -> Double {
        var moved = x
        moved[index] += shift
        return zip(twin(moved, shape), upstream.values).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      return (loss(1e-5) - loss(-1e-5)) / 2e-5
    }
    #expect(relativeError(gradient.values, expected) < 1e-5)
  }
}

@Suite struct ChannelStatisticsTests {
  @Test func sumsAndMapsMeetNaiveTwins() {
    let (rows, channels) = (9, 20)
    let x = FloatBuffer(someValues(rows * channels, seed: 1))
    let dy = FloatBuffer(someValues(rows * channels, seed: 2))
    let mean = FloatBuffer(someValues(channels, seed: 3))
    let scale = FloatBuffer(someValues(channels, seed: 4))
    let shift = FloatBuffer(someValues(channels, seed: 5))
    let sums = AlignedBuffer<Double>(count: 5 * channels)
    ChannelStatistics.addSums(of: x.start, rows: rows, channels: channels, to: sums.start)
    ChannelStatistics.addSquares(
      of: x.start, around: mean.start, rows: rows, channels: channels, to: sums.start + channels)
    ChannelStatistics.addGradientSums(
      of: dy.start, input: x.start, mean: mean.start, rows: rows, channels: channels,
      sums: sums.start + 2 * channels, products: sums.start + 3 * channels)
    let y = FloatBuffer(count: rows * channels)
    ChannelStatistics.normalize(
      x.start, into: y.start, mean: mean.start, scale: scale.start, shift: shift.start, rows: rows,
      channels: channels)
    let dx = FloatBuffer(count: rows * channels)
    ChannelStatistics.gradient(
      dy.start, input: x.start, into: dx.start, mean: mean.start, scale: scale.start,
      offset: shift.start, slope: mean.start, rows: rows, channels: channels)

    var expected = Array(repeating: 0.0, count: 5 * channels)
    var expectedY: [Double] = []
    var expectedDX: [Double] = []
    for index in 0..<rows * channels {
      let channel = index % channels
      let m = Double(mean.values[channel])
      let difference = Double(x.values[index]) - m
      expected[channel] += Double(x.values[index])
      expected[channels + channel] += difference * difference
      expected[2 * channels + channel] += Double(dy.values[index])
      expected[3 * channels + channel] += Double(dy.values[index]) * difference
      let (a, b) = (Double(scale.values[channel]), Double(shift.values[channel]))
      expectedY.append(a * difference + b)
      expectedDX.append(a * (Double(dy.values[index]) - b - m * difference))
    }
    #expect(sums.values.indices.allSatisfy { (sums.values[$0] - expected[$0]).magnitude < 1e-12 })
    #expect(relativeError(y.values, expectedY) < 1e-6)
    #expect(relativeError(dx.values, expectedDX) < 1e-6)
  }
}
