import Kernels
import Testing

/// The products of a dense layer compared with their definitions in double precision: several chains of sums, partial
/// panels, and images that do not fill blocks.
@Suite struct DenseProductsTests {
  struct Case: Sendable {
    var images: Int
    var inputs: Int
    var units: Int
  }

  static let cases = [
    Case(images: 3, inputs: 1050, units: 40), Case(images: 33, inputs: 17, units: 300),
    Case(images: 1, inputs: 5, units: 1), Case(images: 64, inputs: 48, units: 64),
  ]

  @Test(arguments: cases, KernelLevel.supported)
  func productsMeetTheDefinition(shape: Case, level: KernelLevel) {
    let (images, inputs, units) = (shape.images, shape.inputs, shape.units)
    let products = DenseProducts(inputs: inputs, units: units, level: level)
    let x = someValues(images * inputs, seed: 1)
    let w = someValues(units * inputs, seed: 2)
    let dy = someValues(images * units, seed: 3)
    let panels = products.unitPanels
    let weights = FloatBuffer(count: panels * inputs * 32)
    for unit in 0..<units {
      for input in 0..<inputs {
        weights.start[(unit / 32 * inputs + input) * 32 + unit % 32] = w[unit * inputs + input]
      }
    }
    func blocked(_ values: [Float], _ columns: Int) -> FloatBuffer {
      let source = FloatBuffer(values)
      let result = FloatBuffer(
        count: DenseProducts.blockedCount(rows: images, columns: columns))
      for block in 0..<(columns + 31) / 32 * 2 {
        DenseProducts.pack(
          source.start, rows: images, columns: columns, block: block, into: result.start)
      }
      return result
    }
    let (input, gradient) = (blocked(x, inputs), blocked(dy, units))
    let paddedImages = (images + 31) / 32 * 32
    let transposed = FloatBuffer(count: paddedImages * panels * 32)
    for block in 0..<panels * 2 {
      products.packTransposed(gradient.start, images: images, block: block, into: transposed.start)
    }

    var output = Array(repeating: Float(0), count: images * units)
    var weightGradient = Array(repeating: Float(0), count: units * inputs)
    let sums = FloatBuffer(count: max(images, inputs) * 32)
    for panel in 0..<panels {
      products.forward(
        input.start, images: images, weights: weights.start, panel: panel, into: sums.start)
      for image in 0..<images {
        for unit in panel * 32..<min(panel * 32 + 32, units) {
          output[image * units + unit] =
            sums.values[(unit % 32 / 16 * images + image) * 16 + unit % 16]
        }
      }
      products.weightGradient(
        gradient.start, input: input.start, images: images, panel: panel, range: 0..<inputs,
        into: sums.start)
      for unit in panel * 32..<min(panel * 32 + 32, units) {
        for input in 0..<inputs {
          weightGradient[unit * inputs + input] = sums.start[input * 32 + unit % 32]
        }
      }
    }
    var inputGradient = Array(repeating: Float(0), count: images * inputs)
    let half = inputs / 2
    for range in [0..<half, half..<inputs] where !range.isEmpty {
      let result = FloatBuffer(count: range.count * paddedImages)
      for group in products.panelGroups {
        products.addInputGradient(
          transposed.start, images: images, weights: weights.start, range: range, panels: group,
          to: result.start)
      }
      for image in 0..<images {
        for (row, input) in range.enumerated() {
          inputGradient[image * inputs + input] =
            result.start[(image / 16 * range.count + row) * 16 + image % 16]
        }
      }
    }

    let expectedOutput = (0..<images * units).map { index in
      (0..<inputs).reduce(0.0) {
        $0 + Double(x[index / units * inputs + $1]) * Double(w[index % units * inputs + $1])
      }
    }
    let expectedInput = (0..<images * inputs).map { index in
      (0..<units).reduce(0.0) {
        $0 + Double(dy[index / inputs * units + $1]) * Double(w[$1 * inputs + index % inputs])
      }
    }
    let expectedWeights = (0..<units * inputs).map { index in
      (0..<images).reduce(0.0) {
        $0 + Double(dy[$1 * units + index / inputs]) * Double(x[$1 * inputs + index % inputs])
      }
    }
    #expect(relativeError(output, expectedOutput) < 2e-6)
    #expect(relativeError(inputGradient, expectedInput) < 2e-6)
    #expect(relativeError(weightGradient, expectedWeights) < 2e-6)
  }
}
