import Definitions
import Kernels

/// y = tanh x, in place.
package final class TanhLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package var output: Blob { input }

  package init(_ settings: HyperbolicTangent, _ setup: LayerSetup) {
    input = setup.input
    // The gradient is computed from the output.
    input.mustKeepValues = true
  }

  package func forward(_ place: Place, in pass: Pass) {
    let values = input.values(place)
    for index in 0..<input.shape.count {
      values[index] = ElementaryFunctions.tanh(values[index])
    }
  }

  /// dx = dy · (1 − y²)
  package func backward(_ place: Place, in pass: Pass) {
    let values = input.values(place)
    let gradient = input.gradient(place)
    for index in 0..<input.shape.count {
      gradient[index] *= 1 - values[index] * values[index]
    }
  }
}
