import Definitions
import Kernels

/// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3).
package final class ResponseNormLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let response: ChannelResponse
  private let scratch: Scratch
  private let places: Int

  package init(_ norm: LocalResponseNorm, _ setup: LayerSetup) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    scratch = setup.scratch
    places = setup.input.shape.height * setup.input.shape.width
    response = ChannelResponse(
      channels: setup.input.shape.channels, size: norm.size, alpha: norm.alpha, beta: norm.beta,
      k: norm.k)
    scratch.reserve(response.scratchCount)
  }

  package var looksAtOutput: Bool { false }

  package func forward(_ place: Place, in pass: Pass) {
    response.forward(
      input.values(place), into: output.values(place), places: places,
      scratch: scratch[place.worker])
  }

  package func backward(_ place: Place, in pass: Pass) {
    response.gradient(
      output.gradient(place), input: input.values(place), into: input.gradient(place),
      places: places, scratch: scratch[place.worker])
  }
}
