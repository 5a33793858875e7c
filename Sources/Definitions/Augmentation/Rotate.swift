import Basics

/// Each image is rotated about its centre by a random angle, uniform between −degrees and degrees.
///
/// torchvision's RandomRotation with its defaults: the nearest pixel, black outside the image.
package struct Rotate: AugmentationStep {
  /// Above 0, at most 180.
  package var degrees: Double

  package init(degrees: Double) { self.degrees = degrees }

  package static var keyword: String { "rotate" }
  package var setting: Value { .number(degrees) }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .pixels }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "rotations", clause: "images are rotated at random")
  }

  /// In degrees, counterclockwise.
  package func angle(_ draws: StepDraws) -> Double { draws.uniform(-degrees, degrees, 0) }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    image.apply(.rotation(degrees: angle(draws)))
  }
}
