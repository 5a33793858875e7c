import Basics

/// The network's input is cropped at a random position of the image.
package struct RandomCrop: AugmentationStep {
  package init() {}

  package static var keyword: String { "crop" }
  package var setting: Value { "random" }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .crop }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "random-crops", clause: "crops are random")
  }

  /// Lanes 0 and 1 of the epoch's own stream, as before other steps had streams of their own.
  package func stream(of epoch: RandomStream) -> RandomStream { epoch }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    let freedom = image.view.freedom
    image.crop(
      top: draws.integer(below: freedom.vertical + 1, 0),
      left: draws.integer(below: freedom.horizontal + 1, 1))
  }
}
