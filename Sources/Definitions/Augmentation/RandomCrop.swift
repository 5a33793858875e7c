import Basics

/// The network's input is cropped at a random position of the image.
package struct RandomCrop: AugmentationStep {
  package init() {}

  package static var keyword: String { "crop" }
  package var setting: Value { "random" }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: ViewPlace { .crop }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "random-crops", clause: "crops are random")
  }

  package func change(_ view: inout ImageView, at position: UInt64, stream: RandomStream) {
    view.top = stream.integer(below: view.freedom.vertical + 1, at: position, lane: 0)
    view.left = stream.integer(below: view.freedom.horizontal + 1, at: position, lane: 1)
  }
}
