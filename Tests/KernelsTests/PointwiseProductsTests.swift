import Kernels
import Testing

/// The products of windows of one pixel compared with their definitions in double precision: several chains of sums,
/// partial panels and blocks, runs of pixels, results with gaps.
@Suite struct PointwiseProductsTests {
  struct Case: Sendable {
    var pixels: Int
    var inputs: Int
    var filters: Int
  }

  static let cases = [
    Case(pixels: 3, inputs: 1050, filters: 40), Case(pixels: 33, inputs: 17, filters: 600),
    Case(pixels: 1, inputs: 5, filters: 1), Case(pixels: 64, inputs: 48, filters: 64),
    Case(pixels: 29, inputs: 24, filters: 24),
  ]

  @Test(arguments: cases, KernelLevel.supported)
  func productsMeetTheDefinition(shape: Case, level: KernelLevel) {
    let (pixels, inputs, filters) = (shape.pixels, shape.inputs, shape.filters)
    let products = PointwiseProducts(inputs: inputs, filters: filters, level: level)
    let x = someValues(pixels * inputs, seed: 1)
    let w = someValues(filters * inputs, seed: 2)
    let dy = someValues(pixels * filters, seed: 3)
    let weights = FloatBuffer(w)
    // What is not written would show.
    let forward = FloatBuffer(Array(repeating: .nan, count: products.forwardCount))
    let backward = FloatBuffer(Array(repeating: .nan, count: products.backwardCount))
    for panel in 0..<products.filterPanels {
      products.packForward(weights.start, panel: panel, into: forward.start)
    }
    for panel in 0..<products.inputPanels {
      products.packBackward(weights.start, panel: panel, into: backward.start)
    }
    // Two runs, from rows with gaps.
    func blocked(_ values: [Float], _ channels: Int) -> FloatBuffer {
      var wide = Array(repeating: Float.nan, count: pixels * (channels + 3))
      for index in values.indices {
        wide[index / channels * (channels + 3) + index % channels] = values[index]
      }
      let source = FloatBuffer(wide)
      let result = FloatBuffer(
        Array(
          repeating: .nan, count: PointwiseProducts.blockedCount(pixels: pixels, channels: channels)
        ))
      for run in [0..<pixels / 3, pixels / 3..<pixels] {
        PointwiseProducts.pack(
          source.start + run.lowerBound * (channels + 3), stride: channels + 3, count: run.count,
          channels: channels, into: result.start, first: run.lowerBound, of: pixels)
      }
      return result
    }
    let (input, gradient) = (blocked(x, inputs), blocked(dy, filters))
    func rows(_ columns: Int, _ body: (Range<Int>, Floats, Int) -> Void) -> [Float] {
      let stride = columns + 2
      let result = FloatBuffer(Array(repeating: 7, count: pixels * stride))
      for run in [0..<pixels / 2, pixels / 2..<pixels] {
        body(run, result.start + run.lowerBound * stride, stride)
      }
      let values = result.values
      // Gaps are left as they are.
      #expect((0..<pixels).allSatisfy { values[$0 * stride + columns] == 7 })
      return (0..<pixels * columns).map { values[$0 / columns * stride + $0 % columns] }
    }

    let y = rows(filters) { run, result, stride in
      products.forward(
        input.start, first: run.lowerBound, count: run.count, of: pixels, weights: forward.start,
        into: result, stride: stride)
    }
    // Finished in registers, they have the bits of sums that are finished afterwards.
    let (biases, other) = (FloatBuffer(someValues(filters, seed: 4)), someValues(y.count, seed: 5))
    let (mean, scale) = (
      FloatBuffer(someValues(filters, seed: 6)), FloatBuffer(someValues(filters, seed: 7))
    )
    for adds in [false, true] {
      for rectification in [Rectification.none, .positive, .clipped(limit: 0.3)] {
        func finish(_ added: UnsafePointer<Float>) -> OutputFinish {
          OutputFinish(
            mean: mean.start, scale: scale.start, shift: biases.start,
            added: adds ? added : nil, rectification: rectification)
        }
        let stride = filters + 2
        let wide = FloatBuffer(
          (0..<pixels * stride).map {
            $0 % stride < filters ? other[$0 / stride * filters + $0 % stride] : .nan
          })
        let finished = rows(filters) { run, result, stride in
          products.forward(
            input.start, first: run.lowerBound, count: run.count, of: pixels,
            weights: forward.start, biases: biases.start,
            finish: finish(wide.start + run.lowerBound * stride), into: result, stride: stride)
        }
        let afterwards = FloatBuffer(
          y.indices.map { y[$0] + biases.values[$0 % filters] })
        let added = FloatBuffer(other)
        finish(added.start).apply(
          to: afterwards.start, into: afterwards.start, rows: pixels, channels: filters)
        #expect(finished == afterwards.values)
      }
    }
    let expectedY = (0..<pixels * filters).map { index in
      (0..<inputs).reduce(0.0) {
        $0 + Double(x[index / filters * inputs + $1]) * Double(w[index % filters * inputs + $1])
      }
    }
    #expect(relativeError(y, expectedY) < 1e-6)

    let dx = rows(inputs) { run, result, stride in
      products.inputGradient(
        gradient.start, first: run.lowerBound, count: run.count, of: pixels,
        weights: backward.start, into: result, stride: stride)
    }
    let expectedDX = (0..<pixels * inputs).map { index in
      (0..<filters).reduce(0.0) {
        $0 + Double(dy[index / inputs * filters + $1]) * Double(w[$1 * inputs + index % inputs])
      }
    }
    #expect(relativeError(dx, expectedDX) < 1e-6)

    let dw = FloatBuffer(
      Array(repeating: .nan, count: filters * products.gradientStride))
    for accumulating in [false, true] {
      products.weightGradient(
        gradient.start, input.start, pixels: pixels, into: dw.start, accumulating: accumulating)
    }
    let expectedDW = (0..<filters * inputs).map { index in
      2
        * (0..<pixels).reduce(0.0) {
          $0 + Double(dy[$1 * filters + index / inputs]) * Double(x[$1 * inputs + index % inputs])
        }
    }
    let found = dw.values
    let narrow = (0..<filters * inputs).map {
      found[$0 / inputs * products.gradientStride + $0 % inputs]
    }
    #expect(relativeError(narrow, expectedDW) < 1e-6)
  }
}
