import Basics

/// Each image of a batch is averaged with the one before it, with weights λ and 1 − λ; so are the targets (Zhang,
/// Cissé, Dauphin and Lopez-Paz, *mixup: Beyond empirical risk minimization*, 2018).
///
/// torchvision's MixUp: one λ from Beta(α, α) for each batch.
package struct Mixup: AugmentationStep {
  /// Above 0.
  package var alpha: Double

  package init(alpha: Double = 1) { self.alpha = alpha }

  package static var keyword: String { "mixup" }
  package var setting: Value { .number(alpha) }
  package var traits: Traits { Traits(isRandom: true, scope: .batch) }
  package var place: StepPlace { .batch }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: keyword, clause: "images of a batch are mixed")
  }

  package func share(_ draws: StepDraws) -> Double { draws.beta(alpha, from: 0) }

  package func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape, _ draws: StepDraws
  ) -> Float {
    let share = Float(share(draws))
    mix(images, count: count, of: input, share: share)
    return share
  }

  package func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape, share: Float
  ) {
    let rest = 1 - share
    mixWithEarlier(images, count: count, of: input) { own, earlier in
      for index in 0..<input.count { own[index] = earlier[index] * rest + own[index] * share }
    }
  }
}

/// Changes each image given the one before it, and the first given the last, all of them as they were.
func mixWithEarlier(
  _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape,
  _ mix: (_ own: UnsafeMutablePointer<Float>, _ earlier: UnsafePointer<Float>) -> Void
) {
  guard count > 0, let base = images.baseAddress else { return }
  withUnsafeTemporaryAllocation(of: Float.self, capacity: input.count) { last in
    let last = last.baseAddress!
    last.update(from: base + (count - 1) * input.count, count: input.count)
    for image in (0..<count).reversed() {
      let own = base + image * input.count
      mix(own, image == 0 ? UnsafePointer(last) : UnsafePointer(own - input.count))
    }
  }
}
