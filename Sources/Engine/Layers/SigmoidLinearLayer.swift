import Definitions
import Kernels

/// y = x · σ(x); its gradient needs x.
package final class SigmoidLinearLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob

  package init(_ settings: SigmoidLinearUnit, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
  }

  package var looksAtOutput: Bool { false }

  package func forward(_ place: Place, in pass: Pass) {
    sigmoidLinear(input.values(place), into: output.values(place), count: input.shape.count)
  }

  package func backward(_ place: Place, in pass: Pass) {
    sigmoidLinearGradient(
      output.gradient(place), input: input.values(place), into: input.gradient(place),
      count: input.shape.count)
  }
}
