import Definitions
import Kernels

/// The mean of each of some parts that a map is cut into, as PyTorch cuts it.
package final class AdaptiveAveragePoolLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let division: MapDivision

  package init(_ settings: AdaptiveAveragePool, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    division = MapDivision(
      height: input.shape.height, width: input.shape.width, channels: input.shape.channels,
      size: settings.size)
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  package func forward(_ place: Place, in pass: Pass) {
    division.average(input.values(place), into: output.values(place))
  }

  package func backward(_ place: Place, in pass: Pass) {
    division.averageGradient(output.gradient(place), into: input.gradient(place))
  }
}
