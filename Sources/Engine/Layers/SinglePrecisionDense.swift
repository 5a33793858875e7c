import Definitions
import Kernels

/// A dense layer by products in single precision.
final class SinglePrecisionDense: DenseAlgorithm {
  private let weights: Parameter
  private let scratch: Scratch
  private let products: DenseProducts
  /// X in blocks, from the forward pass on; dY in blocks, and transposed in panels.
  private let blockedInput: FloatBuffer
  private let blockedGradient: FloatBuffer?
  private let transposedGradient: FloatBuffer?

  /// The number of inputs per task of the backward pass.
  private static let backwardInputs = 112

  init(_ setup: LayerSetup) {
    weights = setup.parameters[0]
    scratch = setup.scratch
    let inputs = setup.input.shape.count
    let units = setup.outputShape.count
    products = DenseProducts(inputs: inputs, units: units, level: setup.level)
    let images = setup.maximumBatch
    let paddedImages = (images + 31) / 32 * 32
    func blocked(_ columns: Int) -> FloatBuffer {
      FloatBuffer(count: DenseProducts.blockedCount(rows: images, columns: columns))
    }
    blockedInput = blocked(inputs)
    blockedGradient = setup.hasBackward ? blocked(units) : nil
    transposedGradient =
      setup.propagates ? FloatBuffer(count: paddedImages * products.unitPanels * 32) : nil
    scratch.reserve(
      max(images * 32, SinglePrecisionDense.backwardInputs * (paddedImages + 32)))
  }

  private var inputs: Int { products.inputs }
  private var units: Int { products.units }

  func forward(
    _ x: UnsafePointer<Float>, into y: Floats, biases: UnsafePointer<Float>?, images: Int,
    on pool: ThreadPool
  ) {
    pool.run((inputs + 15) / 16) { block, _ in
      DenseProducts.pack(
        x, rows: images, columns: inputs, block: block, into: blockedInput.start)
    }
    pool.run(products.unitPanels) { panel, worker in
      let sums = scratch[worker]
      products.forward(
        blockedInput.start, images: images, weights: weights.values.start, panel: panel, into: sums)
      let first = panel * 32
      let count = min(32, units - first)
      for image in 0..<images {
        let row = y + image * units + first
        for unit in 0..<count {
          row[unit] = sums[(unit / 16 * images + image) * 16 + unit % 16]
        }
        if let biases { addToRows(row, biases + first, rows: 1, columns: count) }
      }
    }
  }

  func backward(
    _ dy: UnsafePointer<Float>, inputGradient: Floats?, in pass: Pass, on pool: ThreadPool
  ) {
    guard let blockedGradient else { preconditionFailure("no backward pass was set up") }
    pool.run(products.unitPanels * 2) { block, _ in
      DenseProducts.pack(
        dy, rows: pass.images, columns: units, block: block, into: blockedGradient.start)
      if let transposedGradient {
        products.packTransposed(
          blockedGradient.start, images: pass.images, block: block,
          into: transposedGradient.start)
      }
    }
    let size = SinglePrecisionDense.backwardInputs
    pool.run((inputs + size - 1) / size) { task, worker in
      let range = task * size..<min((task + 1) * size, inputs)
      backward(
        range, blockedGradient.start, transposedGradient?.start, inputGradient: inputGradient,
        scratch: scratch[worker], in: pass)
    }
  }

  /// dX = dY·W of a range of inputs, and dW = dYᵀ·X and its update, some panels after the other, so that weights are read from
  /// memory once for both.
  private func backward(
    _ range: Range<Int>, _ gradient: Floats, _ transposedGradient: Floats?, inputGradient: Floats?,
    scratch: Floats, in pass: Pass
  ) {
    let images = pass.images
    let result = scratch + SinglePrecisionDense.backwardInputs * 32
    let count = range.count * 32
    for group in products.panelGroups {
      if inputGradient != nil, let transposedGradient {
        products.addInputGradient(
          transposedGradient, images: images, weights: weights.values.start, range: range,
          panels: group, to: result)
      }
      guard weights.learns else { continue }
      for panel in group {
        let first = (panel * inputs + range.lowerBound) * 32
        products.weightGradient(
          gradient, input: blockedInput.start, images: images, panel: panel, range: range,
          into: scratch, next: weights.ahead(first, count: count))
        weights.move(first, count: count, gradients: scratch, in: pass)
      }
    }
    guard let inputGradient else { return }
    for image in 0..<images {
      let from = result + image / 16 * range.count * 16 + image % 16
      let to = inputGradient + image * inputs + range.lowerBound
      for index in 0..<range.count { to[index] = from[index * 16] }
    }
  }
}
