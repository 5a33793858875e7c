/// What determines whether the results of a computation can be reused. Each operation and each augmentation step
/// declares its traits, so that code that reuses results needs no lists.
package struct Traits: Hashable, Sendable {
  /// The images on which the result for one image depends in a training step.
  package enum Scope: Hashable, Sendable {
    /// Only the image itself.
    case image
    /// The whole batch while the layer learns, only the image itself if it is frozen.
    case batchWhileLearning
    /// The whole batch.
    case batch
  }

  /// Whether it draws random numbers during training.
  package var isRandom: Bool
  package var scope: Scope

  package init(isRandom: Bool, scope: Scope) {
    self.isRandom = isRandom
    self.scope = scope
  }

  /// Whether every training step produces the same result for an image, provided that no parameter changes.
  ///
  /// - Parameter isLearning: whether the computation's layer learns.
  package func isRepeatable(isLearning: Bool) -> Bool {
    guard !isRandom else { return false }
    switch scope {
    case .image: return true
    case .batchWhileLearning: return !isLearning
    case .batch: return false
    }
  }
}
