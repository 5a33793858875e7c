import Basics

/// Mean-valued (after subtraction: zero) pixels on each side of an image.
package struct Padding: AugmentationStep {
  /// At least 1.
  package var pixels: Int

  package init(_ pixels: Int) { self.pixels = pixels }

  package static var keyword: String { "padding" }
  package var setting: Value { .integer(pixels) }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package var place: StepPlace { .border }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "padding", clause: "images are padded")
  }
  package var border: Int { pixels }

  package func misfit(_ input: Shape) -> String? {
    pixels >= min(input.height, input.width)
      ? "with \(pixels) pixels on each side, some crops contain nothing of the image" : nil
  }
}
