import Definitions
import Kernels

/// y = max(x, 0), in place where nothing else reads x.
package final class RectifierLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob

  /// Whether the convolution or batch norm below rectifies its output.
  private var isDoneBelow = false
  /// Whether the batch norm below stops the gradient of what is not positive.
  private var hasGradientBelow = false
  /// Whether the pooling above stops the gradient of non-positive values.
  var hasGradientAbove = false

  package init(_ settings: Rectifier, _ setup: LayerSetup) {
    input = setup.input
    output = setup.ownsInput ? setup.input : Blob(shape: setup.outputShape)
    output.mustKeepSigns = true
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { !hasGradientAbove }
  package var computesAgain: Bool { isDoneBelow && output === input }

  package func fuse(with below: (any Layer)?) {
    switch below {
    case let convolution as ConvolutionLayer:
      convolution.rectifies = true
      isDoneBelow = true
    case let norm as BatchNormLayer:
      norm.rectification = .positive
      isDoneBelow = true
      hasGradientBelow = true
    case let sum as SumLayer where output === input:
      guard let norm = sum.norm else { return }
      norm.rectifySum()
      isDoneBelow = true
    default:
      break
    }
  }

  package func forward(_ place: Place, in pass: Pass) {
    let count = input.shape.count
    if output !== input { output.values(place).update(from: input.values(place), count: count) }
    if !isDoneBelow { rectify(output.values(place), count: count) }
  }

  /// A following in-place operation (dropout) may have changed the output, but where the gradient is not already
  /// zero, it has not changed whether a value is positive.
  package func backward(_ place: Place, in pass: Pass) {
    let gradient = input.gradient(place)
    if output !== input {
      gradient.update(from: output.gradient(place), count: input.shape.count)
    }
    if hasGradientAbove || hasGradientBelow { return }
    rectifyGradient(gradient, output: output.values(place), count: input.shape.count)
  }
}
