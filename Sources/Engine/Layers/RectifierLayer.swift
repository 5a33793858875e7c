import Definitions
import Kernels

/// y = max(x, 0), in place.
package final class RectifierLayer: ImageLayer {
  package let input: Blob
  package var output: Blob { input }

  package init(_ setup: LayerSetup) { input = setup.input }

  package func forward(_ place: Place, in pass: Pass) {
    rectify(input.values(place), count: input.shape.count)
  }

  /// What follows in place (dropout) may have changed the output, but no value from positive to not, or
  /// back, where the gradient is not zero already.
  package func backward(_ place: Place, in pass: Pass) {
    rectifyGradient(
      input.gradient(place), output: input.values(place), count: input.shape.count)
  }
}
