/// What decides whether the results of a computation can be kept and used again. Each operation and each
/// augmentation step states it once; whoever reuses results asks it here and knows no lists.
package struct Traits: Hashable, Sendable {
  /// Whose values the result for an image depends on in a training step.
  package enum Scope: Hashable, Sendable {
    /// On the image's own.
    case image
    /// On those of the whole batch while the layer learns, on the image's own where it is frozen.
    case batchWhileLearning
    /// On those of the whole batch.
    case batch
  }

  /// Whether training draws random numbers in it.
  package var isRandom: Bool
  package var scope: Scope

  package init(isRandom: Bool, scope: Scope) {
    self.isRandom = isRandom
    self.scope = scope
  }

  /// Whether every training step gives the same result for an image, provided that no parameter moves.
  ///
  /// - Parameter isLearning: whether the layer that the computation belongs to learns.
  package func isRepeatable(isLearning: Bool) -> Bool {
    guard !isRandom else { return false }
    switch scope {
    case .image: return true
    case .batchWhileLearning: return !isLearning
    case .batch: return false
    }
  }
}
