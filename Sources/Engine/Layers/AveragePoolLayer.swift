import Definitions
import Kernels

/// The mean of each window, by Caffe's rule: padding counts as zeros, and anything beyond the padding, where the
/// output size was rounded up, is ignored.
package final class AveragePoolLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let window: Window

  package init(_ settings: AveragePool, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    window = Window(settings.pooling, input: setup.input.shape, output: setup.outputShape)
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  package func forward(_ place: Place, in pass: Pass) {
    window.averagePool(input.values(place), into: output.values(place))
  }

  package func backward(_ place: Place, in pass: Pass) {
    window.averagePoolGradient(output.gradient(place), into: input.gradient(place))
  }
}
