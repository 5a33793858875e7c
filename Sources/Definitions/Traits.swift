/// What determines whether the results of a computation can be reused. Each operation and each augmentation step
/// declares its traits, so that code that reuses results needs no lists.
package struct Traits: Hashable, Sendable {
  /// The images on which the result for one image depends in a training step.
  package enum Scope: Hashable, Sendable {
    /// Only the image itself.
    case image
    /// On those of the whole batch where the layer normalises by them (`LayerTreatment.normalizesByBatch`), on the
    /// image's own otherwise.
    case batchWhereNormalizing
    /// On those of the whole batch.
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
  /// - Parameter normalizesByBatch: whether the layer that the computation belongs to does.
  package func isRepeatable(normalizesByBatch: Bool) -> Bool {
    guard !isRandom else { return false }
    switch scope {
    case .image: return true
    case .batchWhereNormalizing: return !normalizesByBatch
    case .batch: return false
    }
  }
}
