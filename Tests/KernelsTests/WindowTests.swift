import Kernels
import Testing

/// A window's shape in the tests.
struct WindowCase: Sendable, CustomStringConvertible {
  var height = 5
  var width = 6
  var channels = 4
  var kernel = 3
  var stride = 1
  var padding = 0
  /// Whether the output size is rounded up.
  var roundsUp = false

  func places(_ extent: Int) -> Int {
    let span = extent + 2 * padding - kernel
    var result = (roundsUp ? (span + stride - 1) / stride : span / stride) + 1
    if padding > 0, (result - 1) * stride >= extent + padding { result -= 1 }
    return result
  }

  var outputHeight: Int { places(height) }
  var outputWidth: Int { places(width) }

  var window: Window {
    Window(
      height: height, width: width, channels: channels, kernel: kernel, stride: stride,
      padding: padding, outputHeight: outputHeight, outputWidth: outputWidth)
  }

  var description: String {
    "\(height)×\(width)×\(channels), \(kernel)×\(kernel) stride \(stride) padding \(padding)"
      + (roundsUp ? " up" : "")
  }

  /// Calls `body(output place, row in window, column in window, input offset or nil if outside)`.
  func forEachTap(_ body: (Int, Int, Int, Int?) -> Void) {
    for row in 0..<outputHeight {
      for column in 0..<outputWidth {
        for i in 0..<kernel {
          for j in 0..<kernel {
            let y = row * stride - padding + i
            let x = column * stride - padding + j
            let isInside = 0..<height ~= y && 0..<width ~= x
            body(
              row * outputWidth + column, i, j, isInside ? (y * width + x) * channels : nil)
          }
        }
      }
    }
  }

  static let all = [
    WindowCase(), WindowCase(padding: 1), WindowCase(stride: 2, padding: 1),
    WindowCase(channels: 70, kernel: 2, stride: 2), WindowCase(kernel: 5, stride: 3, padding: 2),
    WindowCase(kernel: 1), WindowCase(stride: 2, roundsUp: true),
    WindowCase(width: 5, kernel: 2, stride: 2, padding: 1, roundsUp: true),
    WindowCase(kernel: 1, stride: 3, roundsUp: true),
  ]
}

@Suite struct WindowTests {
  @Test(arguments: WindowCase.all) func lowerCopiesWindows(of shape: WindowCase) {
    let image = FloatBuffer(someValues(shape.height * shape.width * shape.channels))
    let channels = 1..<3
    let size = shape.kernel * shape.kernel * channels.count
    var expected = Array(
      repeating: 0.0, count: shape.outputHeight * shape.outputWidth * size)
    shape.forEachTap { place, i, j, offset in
      guard let offset else { return }
      for (position, channel) in channels.enumerated() {
        expected[place * size + (i * shape.kernel + j) * channels.count + position] =
          Double(image.values[offset + channel])
      }
    }
    // Row by row, as tiles are.
    let columns = FloatBuffer(count: expected.count)
    for row in 0..<shape.outputHeight {
      shape.window.lower(
        image.start, channels: channels, rows: row..<row + 1,
        into: columns.start + row * shape.outputWidth * size)
    }
    #expect(columns.values.map(Double.init) == expected)
  }

  /// Blocks of windows are the rows of `lower` in blocks, also as a part of more locations.
  @Test(arguments: WindowCase.all) func blocksOfWindowsAreThoseOfTheirRows(of shape: WindowCase) {
    var shape = shape
    shape.channels = 32
    let image = FloatBuffer(someValues(shape.height * shape.width * 32))
    let columns = shape.kernel * shape.kernel * 32
    let (width, height) = (shape.outputWidth, shape.outputHeight)
    let rows = height / 3..<height
    let (count, all) = (rows.count * width, rows.count * width + 3)
    let lowered = FloatBuffer(count: count * columns)
    shape.window.lower(image.start, channels: 0..<32, rows: rows, into: lowered.start)
    let expected = FloatBuffer(Array(repeating: 7, count: all * columns))
    PointwiseProducts.pack(
      lowered.start, stride: columns, count: count, channels: columns, into: expected.start,
      first: 2, of: all)
    let found = FloatBuffer(Array(repeating: 7, count: all * columns))
    shape.window.lowerBlocks(image.start, rows: rows, into: found.start, first: 2, of: all)
    #expect(found.values == expected.values)
  }

  /// ⟨lower(x), c⟩ = ⟨x, raise(c)⟩ for all channels at once and for some.
  @Test(arguments: WindowCase.all) func raiseIsTheAdjointOfLower(for shape: WindowCase) {
    for channels in [0..<shape.channels, 1..<3] {
      let image = FloatBuffer(someValues(shape.height * shape.width * shape.channels))
      let size = shape.kernel * shape.kernel * channels.count
      let count = shape.outputHeight * shape.outputWidth * size
      let columns = FloatBuffer(count: count)
      let weights = FloatBuffer(someValues(count, seed: 2))
      let raised = FloatBuffer(count: image.count)
      let rows = 0..<shape.outputHeight
      shape.window.lower(image.start, channels: channels, rows: rows, into: columns.start)
      shape.window.raise(weights.start, channels: channels, rows: rows, into: raised.start)
      func product(_ a: FloatBuffer, _ b: FloatBuffer) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let (left, right) = (product(columns, weights), product(image, raised))
      #expect((left - right).magnitude < 1e-4)
    }
  }

  @Test(arguments: WindowCase.all) func maxPoolMeetsNaiveTwin(for shape: WindowCase) {
    let image = FloatBuffer(someValues(shape.height * shape.width * shape.channels))
    let places = shape.outputHeight * shape.outputWidth
    let count = places * shape.channels
    var best = Array(repeating: -Double.infinity, count: count)
    var source = Array(repeating: -1, count: count)
    shape.forEachTap { place, _, _, offset in
      guard let offset else { return }
      for channel in 0..<shape.channels
      where Double(image.values[offset + channel]) > best[place * shape.channels + channel] {
        best[place * shape.channels + channel] = Double(image.values[offset + channel])
        source[place * shape.channels + channel] = offset + channel
      }
    }
    let expected = best.map { $0.isFinite ? $0 : 0 }
    let output = FloatBuffer(count: count)
    let chosen = AlignedBuffer<UInt16>(count: count)
    shape.window.maxPool(image.start, into: output.start, chosen: nil)
    #expect(output.values.map(Double.init) == expected)
    shape.window.maxPool(image.start, into: output.start, chosen: chosen.start)
    #expect(output.values.map(Double.init) == expected)

    let gradient = FloatBuffer(someValues(count, seed: 3))
    var expectedGradient = Array(repeating: 0.0, count: image.count)
    for (index, place) in source.enumerated() where place >= 0 {
      expectedGradient[place] += Double(gradient.values[index])
    }
    let inputGradient = FloatBuffer(Array(repeating: 7, count: image.count))
    shape.window.maxPoolGradient(
      gradient.start, chosen: chosen.start, into: inputGradient.start)
    #expect(relativeError(inputGradient.values, expectedGradient) < 1e-6)
  }

  @Test func firstOfEqualMaximaGetsTheGradient() {
    let shape = WindowCase(height: 2, width: 2, channels: 1, kernel: 2)
    let image = FloatBuffer([3, 3, 3, 3])
    let output = FloatBuffer(count: 1)
    let chosen = AlignedBuffer<UInt16>(count: 1)
    shape.window.maxPool(image.start, into: output.start, chosen: chosen.start)
    #expect(chosen.values == [0])
  }

  @Test(arguments: WindowCase.all) func averagePoolMeetsNaiveTwin(for shape: WindowCase) {
    let image = FloatBuffer(someValues(shape.height * shape.width * shape.channels))
    let count = shape.outputHeight * shape.outputWidth * shape.channels
    let gradient = FloatBuffer(someValues(count, seed: 3))
    var expected = Array(repeating: 0.0, count: count)
    var expectedGradient = Array(repeating: 0.0, count: image.count)
    func area(_ place: Int) -> Double {
      let row = place / shape.outputWidth * shape.stride - shape.padding
      let column = place % shape.outputWidth * shape.stride - shape.padding
      let rows = min(row + shape.kernel, shape.height + shape.padding) - row
      let columns = min(column + shape.kernel, shape.width + shape.padding) - column
      return Double(rows * columns)
    }
    shape.forEachTap { place, _, _, offset in
      guard let offset else { return }
      for channel in 0..<shape.channels {
        let index = place * shape.channels + channel
        expected[index] += Double(image.values[offset + channel]) / area(place)
        expectedGradient[offset + channel] += Double(gradient.values[index]) / area(place)
      }
    }
    let output = FloatBuffer(count: count)
    shape.window.averagePool(image.start, into: output.start)
    #expect(relativeError(output.values, expected) < 1e-6)
    let inputGradient = FloatBuffer(Array(repeating: 7, count: image.count))
    shape.window.averagePoolGradient(gradient.start, into: inputGradient.start)
    #expect(relativeError(inputGradient.values, expectedGradient) < 1e-6)
  }

  /// A 3×3 image under 2×2 windows with stride 2, rounded up: the last windows are clipped by the edge, and divide by
  /// the remaining area.
  @Test func averageOverTheEdgeDividesByTheClippedWindow() {
    let shape = WindowCase(
      height: 3, width: 3, channels: 1, kernel: 2, stride: 2, roundsUp: true)
    let image = FloatBuffer([1, 2, 3, 4, 5, 6, 7, 8, 9])
    let output = FloatBuffer(count: 4)
    shape.window.averagePool(image.start, into: output.start)
    #expect(output.values == [3, 4.5, 7.5, 9])
  }

  /// Padding counts as zeros in the divisor: the corner window of ones holds 4 of 9.
  @Test func averageOverPaddingCountsItsZeros() {
    let shape = WindowCase(height: 3, width: 3, channels: 1, padding: 1)
    let image = FloatBuffer(Array(repeating: 9, count: 9))
    let output = FloatBuffer(count: 9)
    shape.window.averagePool(image.start, into: output.start)
    #expect(output.values == [4, 6, 4, 6, 9, 6, 4, 6, 4])
  }
}
