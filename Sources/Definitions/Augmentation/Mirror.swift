import Basics

/// Each image is mirrored left to right with probability ½.
package struct Mirror: AugmentationStep {
  package init() {}

  package static var keyword: String { "mirror" }
  package var setting: Value { true }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: ViewPlace { .orientation }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "mirroring", clause: "images are mirrored")
  }

  package func change(_ view: inout ImageView, at position: UInt64, stream: RandomStream) {
    view.isMirrored = stream.integer(below: 2, at: position, lane: 2) == 1
  }
}
