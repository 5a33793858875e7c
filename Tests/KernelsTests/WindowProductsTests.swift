import Kernels
import Testing

/// The products of windows that stand in an image with a border, compared with their definitions in double precision.
@Suite struct WindowProductsTests {
  struct Case: Sendable {
    var height: Int
    var width: Int
    var channels: Int
    var kernel: Int
    var stride: Int
    var padding: Int
    var filters: Int

    var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
    var outputWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
    var fanIn: Int { kernel * kernel * channels }
    var window: Window {
      Window(
        height: height, width: width, channels: channels, kernel: kernel, stride: stride,
        padding: padding, outputHeight: outputHeight, outputWidth: outputWidth)
    }

    /// The value of a window, 0 in the border.
    func value(_ image: [Float], row: Int, column: Int, tap: Int) -> Double {
      let (place, channel) = tap.quotientAndRemainder(dividingBy: channels)
      let y = row * stride - padding + place / kernel
      let x = column * stride - padding + place % kernel
      guard 0..<height ~= y, 0..<width ~= x else { return 0 }
      return Double(image[(y * width + x) * channels + channel])
    }
  }

  static let cases = [
    Case(height: 7, width: 13, channels: 3, kernel: 3, stride: 1, padding: 1, filters: 32),
    Case(height: 9, width: 8, channels: 1, kernel: 5, stride: 1, padding: 2, filters: 16),
    Case(height: 8, width: 21, channels: 4, kernel: 4, stride: 2, padding: 0, filters: 48),
    // Runs of 21 values, in several tiles.
    Case(height: 15, width: 16, channels: 3, kernel: 7, stride: 2, padding: 3, filters: 80),
  ]

  @Test(arguments: cases, KernelLevel.supported)
  func productsMeetTheDefinition(shape: Case, level: KernelLevel) {
    let filters = shape.filters
    let places = shape.outputHeight * shape.outputWidth
    let products = WindowProducts(shape.window, filters: filters, level: level)
    let image = someValues(shape.height * shape.width * shape.channels, seed: 1)
    let w = someValues(filters * shape.fanIn, seed: 2)
    let dy = someValues(places * filters, seed: 3)
    let before = someValues(shape.fanIn * filters, seed: 4)
    let biases = someValues(filters, seed: 5)
    let panels = PointwiseProducts(inputs: shape.fanIn, filters: filters, level: level)
    let weights = FloatBuffer(Array(repeating: .nan, count: panels.forwardCount))
    let (source, bias) = (FloatBuffer(w), FloatBuffer(biases))
    for panel in 0..<panels.filterPanels {
      panels.packForward(source.start, panel: panel, into: weights.start)
    }
    // What is not written would show.
    let padded = FloatBuffer(Array(repeating: .nan, count: products.paddedCount))
    let original = FloatBuffer(image)
    products.pad(original.start, into: padded.start)
    let output = FloatBuffer(Array(repeating: .nan, count: places * filters))
    products.forward(
      padded.start, weights: weights.start, biases: bias.start, into: output.start)
    let (gradient, sums) = (FloatBuffer(dy), FloatBuffer(before))
    products.addWeightGradient(gradient.start, padded.start, to: sums.start)

    var expected = [Double](), expectedSums = before.map(Double.init)
    for place in 0..<places {
      let (row, column) = place.quotientAndRemainder(dividingBy: shape.outputWidth)
      let values = (0..<shape.fanIn).map {
        shape.value(image, row: row, column: column, tap: $0)
      }
      for filter in 0..<filters {
        var sum = Double(biases[filter])
        for tap in 0..<shape.fanIn {
          sum += values[tap] * Double(w[filter * shape.fanIn + tap])
          expectedSums[tap * filters + filter] += values[tap] * Double(dy[place * filters + filter])
        }
        expected.append(sum)
      }
    }
    #expect(relativeError(output.values, expected) < 1e-6)
    #expect(relativeError(sums.values, expectedSums) < 1e-6)

    // Finished in registers, they have the bits of sums that are finished afterwards.
    let other = FloatBuffer(someValues(output.count, seed: 6))
    let (mean, scale) = (
      FloatBuffer(someValues(filters, seed: 7)), FloatBuffer(someValues(filters, seed: 8))
    )
    let finish = OutputFinish(
      mean: mean.start, scale: scale.start, shift: bias.start, added: other.start,
      rectification: .clipped(limit: 0.3))
    let finished = FloatBuffer(count: output.count)
    products.forward(
      padded.start, weights: weights.start, biases: bias.start, finish: finish,
      into: finished.start)
    finish.apply(to: output.start, into: output.start, rows: places, channels: filters)
    #expect(finished.values.map(\.bitPattern) == output.values.map(\.bitPattern))
  }
}
