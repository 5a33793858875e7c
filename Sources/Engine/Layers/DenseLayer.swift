import Definitions
import Kernels

/// Every output unit sees every input value: Y = X·Wᵀ + b over the batch.
///
/// The weights move as soon as a tile of their gradient is there, so that the gradient of a large
/// layer is never stored.
package final class DenseLayer: BatchLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let scratch: Scratch
  private let propagates: Bool
  private let inputs: Int
  private let units: Int

  /// Images whose outputs are computed by one matrix product. Always as many, whatever the batch: so
  /// an image's scores do not depend on the batch it comes in.
  private static let rowBlock = 64
  /// Units of one task going forward, and of one tile of the weight gradient.
  private static let unitBlock = 256
  /// Inputs of one tile of the weight gradient: a tile stays in a core's cache.
  private static let inputBlock = 1024
  /// Inputs whose gradient one task computes.
  private static let gradientBlock = 512

  package init(_ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    scratch = setup.scratch
    propagates = setup.propagates
    inputs = setup.input.shape.count
    units = setup.outputShape.count
    input.reserveRows(multipleOf: DenseLayer.rowBlock)
    output.reserveRows(multipleOf: DenseLayer.rowBlock)
    scratch.reserve(min(units, DenseLayer.unitBlock) * min(inputs, DenseLayer.inputBlock))
  }

  private var weights: Parameter { parameters[0] }
  private var biases: Parameter? { parameters.count > 1 ? parameters[1] : nil }
  private var unitTasks: Int { (units + DenseLayer.unitBlock - 1) / DenseLayer.unitBlock }

  private func unitRange(_ task: Int) -> Range<Int> {
    let first = task * DenseLayer.unitBlock
    return first..<min(first + DenseLayer.unitBlock, units)
  }

  package func forward(in pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let y = output.batchValues
    let w = weights.values.start
    pool.run(unitTasks) { task, _ in
      let range = unitRange(task)
      let first = range.lowerBound
      for row in stride(from: 0, to: pass.images, by: DenseLayer.rowBlock) {
        multiply(
          Matrix(x + row * inputs, stride: inputs),
          Matrix(w + first * inputs, stride: inputs).transposed, into: y + row * units + first,
          stride: units, m: DenseLayer.rowBlock, n: range.count, k: inputs)
      }
      if let biases {
        for row in 0..<pass.images {
          addToRows(
            y + row * units + first, biases.values.start + first, rows: 1, columns: range.count)
        }
      }
    }
  }

  package func backward(in pass: Pass, on pool: ThreadPool) {
    if propagates { propagate(in: pass, on: pool) }
    if weights.learns { moveWeights(in: pass, on: pool) }
    if let biases, biases.learns { moveBiases(biases, in: pass) }
  }

  /// dX = dY·W
  private func propagate(in pass: Pass, on pool: ThreadPool) {
    let dy = output.batchGradient
    let dx = input.batchGradient
    let w = weights.values.start
    pool.run((inputs + DenseLayer.gradientBlock - 1) / DenseLayer.gradientBlock) { task, _ in
      let first = task * DenseLayer.gradientBlock
      multiply(
        Matrix(dy, stride: units), Matrix(w + first, stride: inputs), into: dx + first,
        stride: inputs, m: pass.images, n: min(DenseLayer.gradientBlock, inputs - first), k: units)
    }
  }

  /// dW = dYᵀ·X, tile by tile, each followed by its step.
  private func moveWeights(in pass: Pass, on pool: ThreadPool) {
    let dy = output.batchGradient
    let x = input.batchValues
    let inputTasks = (inputs + DenseLayer.inputBlock - 1) / DenseLayer.inputBlock
    pool.run(unitTasks * inputTasks) { task, worker in
      let range = unitRange(task / inputTasks)
      let first = task % inputTasks * DenseLayer.inputBlock
      let width = min(DenseLayer.inputBlock, inputs - first)
      let tile = scratch[worker]
      multiply(
        Matrix(dy + range.lowerBound, stride: units).transposed, Matrix(x + first, stride: inputs),
        into: tile, stride: width, m: range.count, n: width, k: pass.images)
      for (row, unit) in range.enumerated() {
        weights.move(
          unit * inputs + first, count: width, gradients: tile + row * width, by: pass.step)
      }
    }
  }

  /// db = the rows of dY, added in order.
  private func moveBiases(_ biases: Parameter, in pass: Pass) {
    let sums = scratch[0]
    // A tile of scratch may be smaller than a row of units: block by block.
    let block = min(units, DenseLayer.unitBlock)
    for first in stride(from: 0, to: units, by: block) {
      let count = min(block, units - first)
      sums.update(repeating: 0, count: count)
      for row in 0..<pass.images {
        addRows(
          of: output.batchGradient + row * units + first, rows: 1, columns: count, to: sums)
      }
      biases.move(first, count: count, gradients: sums, by: pass.step)
    }
  }
}
