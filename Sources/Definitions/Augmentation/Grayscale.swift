import Basics

/// Each image is made grey with a probability: torchvision's RandomGrayscale.
package struct Grayscale: AugmentationStep {
  /// Above 0, at most 1.
  package var probability: Double

  package init(probability: Double) { self.probability = probability }

  package static var keyword: String { "grayscale" }
  package var setting: Value { .number(probability) }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .pixels }
  package var needsColor: Bool { true }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "grayscale", clause: "images are made grey at random")
  }

  package func isApplied(_ draws: StepDraws) -> Bool { draws.uniform(0) < probability }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    guard isApplied(draws) else { return }
    image.edit { makeGrey($0, channels: image.channels) }
  }
}
