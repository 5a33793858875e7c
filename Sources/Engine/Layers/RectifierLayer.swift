import Definitions
import Kernels

/// y = max(x, 0), in place.
package final class RectifierLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package var output: Blob { input }

  /// Whether the convolution below rectifies what it writes.
  private var isDoneBelow = false
  /// Whether the pooling above stops the gradient of what is not positive.
  var hasGradientAbove = false

  package init(_ settings: Rectifier, _ setup: LayerSetup) { input = setup.input }

  package var looksAtInput: Bool { !hasGradientAbove }
  package var looksAtOutput: Bool { !hasGradientAbove }

  package func fuse(with below: (any Layer)?) {
    guard let convolution = below as? ConvolutionLayer else { return }
    convolution.rectifies = true
    isDoneBelow = true
  }

  package func forward(_ place: Place, in pass: Pass) {
    if !isDoneBelow { rectify(input.values(place), count: input.shape.count) }
  }

  /// What follows in place (dropout) may have changed the output, but no value from positive to not, or
  /// back, where the gradient is not zero already.
  package func backward(_ place: Place, in pass: Pass) {
    if hasGradientAbove { return }
    rectifyGradient(
      input.gradient(place), output: input.values(place), count: input.shape.count)
  }
}
