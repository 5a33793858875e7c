import Definitions
import Kernels

/// Every output unit depends on every input value: Y = X·Wᵀ + b over the batch.
package final class DenseLayer: BatchLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let algorithm: any DenseAlgorithm
  private let scratch: Scratch
  private let propagates: Bool
  private let units: Int

  package init(_ settings: Dense, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    scratch = setup.scratch
    propagates = setup.propagates
    units = setup.outputShape.count
    algorithm =
      switch setup.precision {
      case .single: SinglePrecisionDense(setup)
      case .bfloat16: BFloat16Dense(setup)
      }
    scratch.reserve(units)
  }

  package static func layout(of parameter: ParameterDefinition, input: Shape) -> ParameterLayout {
    guard parameter.role == .weight else { return .plain }
    return .panels(
      outputs: parameter.shape[0], channels: input.channels, places: input.height * input.width)
  }

  private var biases: Parameter? { parameters.count > 1 ? parameters[1] : nil }

  package func forward(in pass: Pass, on pool: ThreadPool) {
    algorithm.forward(
      input.batchValues, into: output.batchValues,
      biases: biases.map { UnsafePointer($0.values.start) }, images: pass.images, on: pool)
  }

  package func backward(in pass: Pass, on pool: ThreadPool) {
    algorithm.backward(
      output.batchGradient, inputGradient: propagates ? input.batchGradient : nil, in: pass,
      on: pool)
    if let biases, biases.learns { moveBiases(biases, in: pass) }
  }

  /// db = the rows of dY, added in order.
  private func moveBiases(_ biases: Parameter, in pass: Pass) {
    let sums = scratch[0]
    sums.update(repeating: 0, count: units)
    addRows(of: output.batchGradient, rows: pass.images, columns: units, to: sums)
    biases.move(0, count: units, gradients: sums, in: pass)
  }
}

/// One way to compute the products of a dense layer, whose weights stand in panels of 32 units (panels × inputs × 32).
///
/// The weights are updated as soon as a tile of their gradient is computed, so that the gradient of a large layer is
/// never stored.
protocol DenseAlgorithm {
  /// Y = X·Wᵀ + b
  func forward(
    _ x: UnsafePointer<Float>, into y: Floats, biases: UnsafePointer<Float>?, images: Int,
    on pool: ThreadPool)
  /// dX = dY·W, if `inputGradient` is not `nil`, and the update of W, if it learns.
  func backward(
    _ dy: UnsafePointer<Float>, inputGradient: Floats?, in pass: Pass, on pool: ThreadPool)
}
