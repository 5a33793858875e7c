import Definitions
import Kernels

/// A map as a vector, channel after channel, as PyTorch has it: places are the inner order.
package final class FlattenLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob

  package init(_ settings: Flatten, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  private var channels: Int { input.shape.channels }
  private var places: Int { input.shape.count / input.shape.channels }

  package func forward(_ place: Place, in pass: Pass) {
    transpose(
      input.values(place), into: output.values(place), rows: places, columns: channels)
  }

  package func backward(_ place: Place, in pass: Pass) {
    transpose(
      output.gradient(place), into: input.gradient(place), rows: channels, columns: places)
  }
}
