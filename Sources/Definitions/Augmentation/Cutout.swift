import Basics

/// A square of the network's input is set to zero (DeVries and Taylor, *Improved regularization of convolutional
/// neural networks with cutout*, 2017).
///
/// Its centre is uniform over the input, so part of it may be outside.
package struct Cutout: AugmentationStep {
  /// The length of a side in pixels, at least 1.
  package var size: Int

  package init(size: Int) { self.size = size }

  package static var keyword: String { "cutout" }
  package var setting: Value { .integer(size) }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .input }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "cutout", clause: "squares are cut out at random")
  }

  package func misfit(_ input: Shape) -> String? {
    size > min(input.height, input.width)
      ? "a square of \(size)×\(size) is larger than the network's input" : nil
  }

  /// The square, which may reach beyond the input.
  package func square(of input: Shape, _ draws: StepDraws) -> PixelRectangle {
    PixelRectangle(
      top: draws.integer(below: input.height, 0) - size / 2,
      left: draws.integer(below: input.width, 1) - size / 2, height: size, width: size)
  }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    image.erase(square(of: image.input, draws))
  }
}
