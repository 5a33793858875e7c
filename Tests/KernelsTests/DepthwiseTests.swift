import Kernels
import Testing

/// Filters of one channel compared with their definitions in double precision.
@Suite struct DepthwiseTests {
  static let shapes: [WindowCase] = [
    // Channels that fill tiles of registers, vectors, and neither.
    WindowCase(channels: 64, padding: 1), WindowCase(channels: 16, padding: 1),
    WindowCase(channels: 83, padding: 1), WindowCase(channels: 3),
    // Strides, with rows and columns that no window reaches; windows mostly outside.
    WindowCase(height: 8, width: 9, channels: 20, stride: 2, padding: 1),
    WindowCase(height: 7, width: 11, channels: 17, kernel: 2, stride: 3),
    WindowCase(height: 2, width: 3, channels: 16, kernel: 3, padding: 2),
    WindowCase(height: 9, width: 5, channels: 32, kernel: 1, stride: 2),
    // Other kernels, to the largest.
    WindowCase(height: 9, width: 8, channels: 18, kernel: 5, stride: 2, padding: 2),
    WindowCase(height: 7, width: 7, channels: 80, kernel: 7, padding: 3),
    WindowCase(height: 6, width: 9, channels: 16, kernel: 4, stride: 2, padding: 1),
  ]

  @Test(arguments: shapes, [false, true]) func sumsMeetTheDefinition(
    shape: WindowCase, hasBiases: Bool
  ) {
    let channels = shape.channels
    let x = FloatBuffer(someValues(shape.height * shape.width * channels, seed: 1))
    let taps = FloatBuffer(someValues(shape.kernel * shape.kernel * channels, seed: 2))
    let biases = FloatBuffer(someValues(channels, seed: 3))
    let count = shape.outputHeight * shape.outputWidth * channels
    let dy = FloatBuffer(someValues(count, seed: 4))
    let before = someValues(taps.count, seed: 5)

    var y = (0..<count).map { hasBiases ? Double(biases.values[$0 % channels]) : 0 }
    var dx = Array(repeating: 0.0, count: x.count)
    var tapGradients = before.map(Double.init)
    let (xs, ts, ds) = (x.values, taps.values, dy.values)
    shape.forEachTap { place, i, j, offset in
      guard let offset else { return }
      for channel in 0..<channels {
        let tap = (i * shape.kernel + j) * channels + channel
        let output = place * channels + channel
        y[output] += Double(xs[offset + channel]) * Double(ts[tap])
        dx[offset + channel] += Double(ds[output]) * Double(ts[tap])
        tapGradients[tap] += Double(ds[output]) * Double(xs[offset + channel])
      }
    }
    let output = FloatBuffer(Array(repeating: 7, count: count))
    shape.window.depthwise(
      x.start, taps: taps.start, biases: hasBiases ? UnsafePointer(biases.start) : nil,
      into: output.start)
    #expect(relativeError(output.values, y) < 1e-6)
    for rectification in [Rectification.none, .positive, .clipped(limit: 0.3)] {
      let mean = FloatBuffer(someValues(channels, seed: 6))
      let scale = FloatBuffer(someValues(channels, seed: 7))
      let finish = OutputFinish(
        mean: mean.start, scale: scale.start, shift: biases.start, rectification: rectification)
      let finished = FloatBuffer(count: count)
      shape.window.depthwise(
        x.start, taps: taps.start, biases: hasBiases ? UnsafePointer(biases.start) : nil,
        finish: finish, into: finished.start)
      let afterwards = FloatBuffer(output.values)
      finish.apply(
        to: afterwards.start, into: afterwards.start, rows: count / channels, channels: channels)
      #expect(finished.values == afterwards.values)
    }
    let inputGradient = FloatBuffer(Array(repeating: 7, count: x.count))
    shape.window.depthwiseGradient(dy.start, taps: taps.start, into: inputGradient.start)
    #expect(relativeError(inputGradient.values, dx) < 1e-6)
    let sums = FloatBuffer(before)
    shape.window.addDepthwiseTapGradients(dy.start, input: x.start, to: sums.start)
    #expect(relativeError(sums.values, tapGradients) < 1e-6)
  }
}

/// Pixels of a step as one: moved, and so exact.
@Suite struct SpaceToDepthTests {
  static let shapes = [
    WindowCase(height: 8, width: 6, channels: 3, kernel: 3, stride: 2, padding: 1),
    WindowCase(height: 9, width: 7, channels: 5, kernel: 5, stride: 3, padding: 2),
    WindowCase(height: 11, width: 13, channels: 1, kernel: 11, stride: 4),
  ]

  @Test(arguments: shapes) func pixelsMoveThereAndBack(shape: WindowCase) {
    let (stride, channels) = (shape.stride, shape.channels)
    let side = (shape.kernel + stride - 1) / stride
    let rows = shape.outputHeight + side - 1, columns = shape.outputWidth + side - 1
    let image = FloatBuffer((1...shape.height * shape.width * channels).map(Float.init))
    var expected: [Float] = []
    var isReached = Array(repeating: false, count: image.count)
    for row in 0..<rows {
      for column in 0..<columns {
        for i in 0..<stride {
          for j in 0..<stride {
            let y = row * stride - shape.padding + i, x = column * stride - shape.padding + j
            let isInside = 0..<shape.height ~= y && 0..<shape.width ~= x
            for channel in 0..<channels {
              let index = (y * shape.width + x) * channels + channel
              expected.append(isInside ? image.values[index] : 0)
              if isInside { isReached[index] = true }
            }
          }
        }
      }
    }
    let result = FloatBuffer(Array(repeating: 7, count: expected.count))
    shape.window.spaceToDepth(image.start, rows: rows, columns: columns, into: result.start)
    #expect(result.values == expected)
    let back = FloatBuffer(Array(repeating: 7, count: image.count))
    shape.window.depthToSpace(result.start, rows: rows, columns: columns, into: back.start)
    #expect(back.values == image.values.indices.map { isReached[$0] ? image.values[$0] : 0 })
  }
}

/// Means of parts of a map compared with their definition.
@Suite struct MapDivisionTests {
  @Test(arguments: [(7, 7, 1), (6, 6, 3), (7, 5, 3), (3, 4, 6), (13, 13, 6)])
  func meansMeetTheDefinition(height: Int, width: Int, size: Int) {
    let channels = 19
    let division = MapDivision(height: height, width: width, channels: channels, size: size)
    let x = FloatBuffer(someValues(height * width * channels, seed: 1))
    let dy = FloatBuffer(someValues(size * size * channels, seed: 2))
    var y = Array(repeating: 0.0, count: dy.count)
    var dx = Array(repeating: 0.0, count: x.count)
    func part(_ index: Int, _ extent: Int) -> Range<Int> {
      index * extent / size..<((index + 1) * extent + size - 1) / size
    }
    for row in 0..<size {
      for column in 0..<size {
        let (rows, columns) = (part(row, height), part(column, width))
        let area = Double(rows.count * columns.count)
        for channel in 0..<channels {
          let output = (row * size + column) * channels + channel
          for i in rows {
            for j in columns {
              let input = (i * width + j) * channels + channel
              y[output] += Double(x.values[input]) / area
              dx[input] += Double(dy.values[output]) / area
            }
          }
        }
      }
    }
    let output = FloatBuffer(Array(repeating: 7, count: dy.count))
    division.average(x.start, into: output.start)
    #expect(relativeError(output.values, y) < 1e-6)
    let inputGradient = FloatBuffer(Array(repeating: 7, count: x.count))
    division.averageGradient(dy.start, into: inputGradient.start)
    #expect(relativeError(inputGradient.values, dx) < 1e-6)
  }
}
