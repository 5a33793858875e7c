import Definitions
import Kernels

/// Drops each value with a probability while training, and scales the others by 1 / (1 − probability).
/// In place, except where the layer below needs its output as it was, or others read it.
///
/// Whether a value is dropped is a function of the layer's stream, the step, the image's position in
/// the batch and the value's position in the image: nothing is stored for the way back.
package final class DropoutLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let pattern: DropoutPattern
  /// The number of random positions (of four words each) per image.
  private let positions: Int

  package init(_ settings: Dropout, _ setup: LayerSetup) {
    input = setup.input
    let isInPlace = setup.ownsInput && !setup.input.mustKeepValues
    output = isInPlace ? setup.input : Blob(shape: setup.outputShape)
    output.mustKeepSigns = setup.input.mustKeepSigns
    pattern = DropoutPattern(key: setup.stream.keyWords, probability: settings.probability)
    positions = (setup.input.shape.count + 3) / 4
  }

  package func forward(_ place: Place, in pass: Pass) {
    let values = output.values(place)
    if output !== input { values.update(from: input.values(place), count: input.shape.count) }
    if pass.mode == .training { drop(values, place, pass) }
  }

  package func backward(_ place: Place, in pass: Pass) {
    let gradient = input.gradient(place)
    if output !== input {
      gradient.update(from: output.gradient(place), count: input.shape.count)
    }
    drop(gradient, place, pass)
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  private func drop(_ values: Floats, _ place: Place, _ pass: Pass) {
    pattern.apply(
      to: values, count: input.shape.count,
      position: UInt64((pass.first + place.image) * positions),
      lane: UInt64(pass.iteration))
  }
}
