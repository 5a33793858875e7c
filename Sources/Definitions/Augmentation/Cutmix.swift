import Basics

/// A rectangle of each image of a batch is replaced by that of the image before it; the targets are averaged by area
/// (Yun et al., *CutMix: Regularization strategy to train strong classifiers with localizable features*, 2019).
///
/// torchvision's CutMix: one rectangle for each batch, whose sides are √(1 − λ) of the image's with λ from Beta(α, α),
/// and whose centre is uniform; what is outside the image is cut off.
package struct Cutmix: AugmentationStep {
  /// Above 0.
  package var alpha: Double

  package init(alpha: Double = 1) { self.alpha = alpha }

  package static var keyword: String { "cutmix" }
  package var setting: Value { .number(alpha) }
  package var traits: Traits { Traits(isRandom: true, scope: .batch) }
  package var place: StepPlace { .batch }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: keyword, clause: "images of a batch are mixed")
  }

  /// λ and the rectangle's centre, drawn; the rectangle within the input.
  package func rectangle(of input: Shape, _ draws: StepDraws) -> PixelRectangle {
    Cutmix.rectangle(
      of: input, share: draws.beta(alpha, from: 2), row: draws.integer(below: input.height, 0),
      column: draws.integer(below: input.width, 1))
  }

  package static func rectangle(
    of input: Shape, share: Double, row: Int, column: Int
  ) -> PixelRectangle {
    let half = 0.5 * max(0, 1 - share).squareRoot()
    let (halfHeight, halfWidth) = (
      Int(half * Double(input.height)), Int(half * Double(input.width))
    )
    let (top, left) = (max(0, row - halfHeight), max(0, column - halfWidth))
    return PixelRectangle(
      top: top, left: left, height: min(input.height, row + halfHeight) - top,
      width: min(input.width, column + halfWidth) - left)
  }

  package func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape, _ draws: StepDraws
  ) -> Float {
    mix(images, count: count, of: input, rectangle(of: input, draws))
  }

  package func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape,
    _ rectangle: PixelRectangle
  ) -> Float {
    mixWithEarlier(images, count: count, of: input) { own, earlier in
      for row in rectangle.top..<rectangle.top + rectangle.height {
        let start = (row * input.width + rectangle.left) * input.channels
        (own + start).update(from: earlier + start, count: rectangle.width * input.channels)
      }
    }
    let replaced = Double(rectangle.height * rectangle.width)
    return Float(1 - replaced / Double(input.height * input.width))
  }
}
