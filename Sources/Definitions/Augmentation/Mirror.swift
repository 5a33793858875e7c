import Basics

/// Each image is mirrored left to right with probability ½.
package struct Mirror: AugmentationStep {
  package init() {}

  package static var keyword: String { "mirror" }
  package var setting: Value { true }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .orientation }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "mirroring", clause: "images are mirrored")
  }

  /// Lane 2 of the epoch's own stream, as before other steps had streams of their own.
  package func stream(of epoch: RandomStream) -> RandomStream { epoch }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    if draws.integer(below: 2, 2) == 1 { image.mirror() }
  }
}
