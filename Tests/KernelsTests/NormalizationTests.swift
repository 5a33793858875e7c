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
  // More rows than are summed in float at once, of one run and of several; channels that fill the registers' tiles, those
  // that a loop treats alone, and both.
  static let shapes = [(70, 20), (300, 16), (33, 7), (140, 119), (1, 64)]

  private func buffer(_ count: Int, _ seed: UInt64) -> FloatBuffer {
    FloatBuffer(someValues(count, seed: seed))
  }

  @Test(arguments: shapes) func momentsMeetTheirNaiveTwin(rows: Int, channels: Int) {
    let x = FloatBuffer(someValues(rows * channels, seed: 1).map { $0 + 3 })
    let found = AlignedBuffer<Double>(count: 2 * channels)
    let scratch = FloatBuffer(count: channels)
    ChannelStatistics.moments(
      of: x.start, rows: rows, channels: channels, means: found.start,
      squares: found.start + channels, scratch: scratch.start)
    for channel in 0..<channels {
      let own = (0..<rows).map { Double(x.values[$0 * channels + channel]) }
      let mean = own.reduce(0, +) / Double(rows)
      let squares = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect((found.values[channel] - mean).magnitude < 1e-6 * mean.magnitude)
      #expect((found.values[channels + channel] - squares).magnitude <= 1e-6 * squares)
    }
  }

  @Test(arguments: shapes, [Rectification.none, .positive, .clipped(limit: 0.4)])
  func finishMeetsItsNaiveTwin(shape: (Int, Int), rectification: Rectification) {
    let (rows, channels) = shape
    let x = buffer(rows * channels, 1), added = buffer(rows * channels, 2)
    let mean = buffer(channels, 3), scale = buffer(channels, 4), shift = buffer(channels, 5)
    for adds in [false, true] {
      for normalizes in [false, true] {
        var finish = OutputFinish(rectification: rectification)
        if normalizes {
          finish = OutputFinish(
            mean: mean.start, scale: scale.start, shift: shift.start, rectification: rectification)
        }
        if adds { finish.added = UnsafePointer(added.start) }
        let y = FloatBuffer(count: rows * channels)
        finish.apply(to: x.start, into: y.start, rows: rows, channels: channels)
        let expected = (0..<rows * channels).map { index -> Float in
          let channel = index % channels
          var value = x.values[index]
          if normalizes {
            value = scale.values[channel] * (value - mean.values[channel]) + shift.values[channel]
          }
          if adds { value += added.values[index] }
          switch rectification {
          case .none: return value
          case .positive: return value < 0 ? 0 : value
          case .clipped(let limit): return min(value < 0 ? 0 : value, limit)
          }
        }
        #expect(y.values == expected)
        // In place.
        let own = FloatBuffer(x.values)
        finish.apply(to: own.start, into: own.start, rows: rows, channels: channels)
        #expect(own.values == expected)
      }
    }
  }

  @Test(arguments: shapes, [Rectification.none, .positive, .clipped(limit: 0.4)])
  func mapsAndSumsMeetTheirNaiveTwins(shape: (Int, Int), rectification: Rectification) {
    let (rows, channels) = shape
    let x = buffer(rows * channels, 1), dy = buffer(rows * channels, 2)
    let mean = buffer(channels, 3), scale = buffer(channels, 4), shift = buffer(channels, 5)
    let y = FloatBuffer(count: rows * channels)
    ChannelStatistics.normalize(
      x.start, into: y.start, mean: mean.start, scale: scale.start, shift: shift.start, rows: rows,
      channels: channels, rectification: rectification)
    let finish = OutputFinish(
      mean: mean.start, scale: scale.start, shift: shift.start, rectification: rectification)
    let sums = AlignedBuffer<Double>(count: 2 * channels)
    ChannelStatistics.addGradientSums(
      of: dy.start, input: x.start, finish: finish, rows: rows, channels: channels,
      sums: sums.start, products: sums.start + channels)
    let dx = FloatBuffer(count: rows * channels)
    ChannelStatistics.gradient(
      dy.start, input: x.start, into: dx.start, finish: finish, offset: shift.start,
      slope: mean.start, rows: rows, channels: channels)

    let bounds: (Double, Double) =
      switch rectification {
      case .none: (-.infinity, .infinity)
      case .positive: (0, .infinity)
      case .clipped(let limit): (0, Double(limit))
      }
    var expected = Array(repeating: 0.0, count: 2 * channels)
    var expectedY: [Double] = []
    var expectedDX: [Double] = []
    for index in 0..<rows * channels {
      let channel = index % channels
      let m = Double(mean.values[channel])
      let difference = Double(x.values[index]) - m
      let (a, b) = (Double(scale.values[channel]), Double(shift.values[channel]))
      let normal = a * difference + b
      let isPassed = normal > bounds.0 && normal < bounds.1
      let gradient = isPassed ? Double(dy.values[index]) : 0
      expectedY.append(min(max(normal, bounds.0), bounds.1))
      expected[channel] += gradient
      expected[channels + channel] += gradient * difference
      expectedDX.append(a * (gradient - b - m * difference))
    }
    #expect(sums.values.indices.allSatisfy { (sums.values[$0] - expected[$0]).magnitude < 1e-4 })
    #expect(relativeError(y.values, expectedY) < 1e-6)
    #expect(relativeError(dx.values, expectedDX) < 1e-6)
    // In place.
    ChannelStatistics.gradient(
      dy.start, input: x.start, into: dy.start, finish: finish, offset: shift.start,
      slope: mean.start, rows: rows, channels: channels)
    #expect(dy.values == dx.values)
  }

  /// Backward, the output is not read but computed again: its sign must be the same to the bit.
  @Test func whatPassesARectifierIsWhatItLetThrough() {
    let (rows, channels) = (64, 80)
    for round in 0..<UInt64(50) {
      let mean = buffer(channels, 1000 * round), scale = buffer(channels, 1000 * round + 1)
      let x = FloatBuffer(count: rows * channels), shift = FloatBuffer(count: channels)
      // Outputs about zero, by a few units in the last place.
      for channel in 0..<channels {
        let value = buffer(1, 1000 * round + 2 + UInt64(channel)).values[0]
        shift.start[channel] = -scale.values[channel] * (value - mean.values[channel])
        for row in 0..<rows {
          let bits = Int32(bitPattern: value.bitPattern) + Int32(row) - 32
          x.start[row * channels + channel] = Float(bitPattern: UInt32(bitPattern: bits))
        }
      }
      let finish = OutputFinish(
        mean: mean.start, scale: scale.start, shift: shift.start, rectification: .positive)
      let y = FloatBuffer(count: rows * channels), dx = FloatBuffer(count: rows * channels)
      finish.apply(to: x.start, into: y.start, rows: rows, channels: channels)
      let zero = FloatBuffer(count: channels)
      let one = FloatBuffer(Array(repeating: 1, count: rows * channels))
      ChannelStatistics.gradient(
        one.start, input: x.start, into: dx.start, finish: finish, offset: zero.start,
        slope: zero.start, rows: rows, channels: channels)
      let sums = AlignedBuffer<Double>(count: 2 * channels)
      ChannelStatistics.addGradientSums(
        of: one.start, input: x.start, finish: finish, rows: rows, channels: channels,
        sums: sums.start, products: sums.start + channels)
      for channel in 0..<channels where scale.values[channel] != 0 {
        let places = (0..<rows).map { $0 * channels + channel }
        #expect(places.allSatisfy { (dx.values[$0] != 0) == (y.values[$0] > 0) })
        #expect(sums.values[channel] == Double(places.count { y.values[$0] > 0 }))
      }
    }
  }

  @Test(arguments: [Rectification.positive, .clipped(limit: 6)])
  func rectifyingKeepsNaN(rectification: Rectification) {
    let x = FloatBuffer([.nan, -1, 9]), y = FloatBuffer(count: 3)
    let zero = FloatBuffer(count: 1), one = FloatBuffer([1])
    ChannelStatistics.normalize(
      x.start, into: y.start, mean: zero.start, scale: one.start, shift: zero.start, rows: 3,
      channels: 1, rectification: rectification)
    #expect(y.values[0].isNaN)
    #expect(y.values[1] == 0)
    #expect(y.values[2] == (rectification == .positive ? 9 : 6))
  }
}
