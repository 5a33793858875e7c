import Definitions
import Kernels

/// Every output unit depends on every input value: Y = X·Wᵀ + b over the batch.
///
/// The weights are updated as soon as a tile of their gradient is computed, so that the gradient of a large layer is
/// never stored.
package final class DenseLayer: BatchLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let scratch: Scratch
  private let propagates: Bool
  private let products: DenseProducts
  /// X in blocks, from the forward pass on; dY in blocks, and transposed in panels.
  private let blockedInput: FloatBuffer
  private let blockedGradient: FloatBuffer?
  private let transposedGradient: FloatBuffer?

  /// The number of inputs per task, for the input gradient and for the gradient of a panel's weights.
  private static let gradientInputs = 112
  private static let weightInputs = 512

  package init(_ settings: Dense, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    scratch = setup.scratch
    propagates = setup.propagates
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
      max(
        images * 32, DenseLayer.gradientInputs * paddedImages, DenseLayer.weightInputs * 32, units))
  }

  package static func layout(of parameter: ParameterDefinition, input: Shape) -> ParameterLayout {
    guard parameter.role == .weight else { return .plain }
    return .panels(
      outputs: parameter.shape[0], channels: input.channels, places: input.height * input.width)
  }

  private var inputs: Int { products.inputs }
  private var units: Int { products.units }
  private var weights: Parameter { parameters[0] }
  private var biases: Parameter? { parameters.count > 1 ? parameters[1] : nil }

  package func forward(in pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let y = output.batchValues
    let images = pass.images
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
        if let biases {
          addToRows(row, biases.values.start + first, rows: 1, columns: count)
        }
      }
    }
  }

  package func backward(in pass: Pass, on pool: ThreadPool) {
    guard let blockedGradient else { preconditionFailure("no backward pass was set up") }
    let dy = output.batchGradient
    pool.run(products.unitPanels * 2) { block, _ in
      DenseProducts.pack(
        dy, rows: pass.images, columns: units, block: block, into: blockedGradient.start)
      if let transposedGradient {
        products.packTransposed(
          blockedGradient.start, images: pass.images, block: block,
          into: transposedGradient.start)
      }
    }
    if let transposedGradient { propagate(transposedGradient.start, in: pass, on: pool) }
    if weights.learns { moveWeights(blockedGradient.start, in: pass, on: pool) }
    if let biases, biases.learns { moveBiases(biases, in: pass) }
  }

  /// dX = dY·W
  private func propagate(_ gradient: Floats, in pass: Pass, on pool: ThreadPool) {
    let dx = input.batchGradient
    let size = DenseLayer.gradientInputs
    pool.run((inputs + size - 1) / size) { task, worker in
      let range = task * size..<min((task + 1) * size, inputs)
      let result = scratch[worker]
      products.inputGradient(
        gradient, images: pass.images, weights: weights.values.start, range: range, into: result)
      for image in 0..<pass.images {
        let from = result + image / 16 * range.count * 16 + image % 16
        let to = dx + image * inputs + range.lowerBound
        for index in 0..<range.count { to[index] = from[index * 16] }
      }
    }
  }

  /// dW = dYᵀ·X, tile by tile, each followed by its update.
  private func moveWeights(_ gradient: Floats, in pass: Pass, on pool: ThreadPool) {
    let size = DenseLayer.weightInputs
    let tasks = (inputs + size - 1) / size
    pool.run(products.unitPanels * tasks) { task, worker in
      let (panel, position) = task.quotientAndRemainder(dividingBy: tasks)
      let range = position * size..<min((position + 1) * size, inputs)
      let tile = scratch[worker]
      let first = (panel * inputs + range.lowerBound) * 32
      let count = range.count * 32
      products.weightGradient(
        gradient, input: blockedInput.start, images: pass.images, panel: panel, range: range,
        into: tile, next: weights.ahead(first, count: count))
      weights.move(first, count: count, gradients: tile, in: pass)
    }
  }

  /// db = the rows of dY, added in order.
  private func moveBiases(_ biases: Parameter, in pass: Pass) {
    let sums = scratch[0]
    sums.update(repeating: 0, count: units)
    addRows(of: output.batchGradient, rows: pass.images, columns: units, to: sums)
    biases.move(0, count: units, gradients: sums, in: pass)
  }
}
