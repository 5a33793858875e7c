import Basics

/// Each value is dropped with a probability while training; the others are scaled by
/// 1 / (1 − probability), so that nothing needs to be done when evaluating.
package struct Dropout: Hashable, Sendable {
  /// From 0 to below 1.
  package var probability: Double

  package init(probability: Double) { self.probability = probability }
}

extension Operation {
  package static func dropout(_ probability: Double) -> Operation {
    Operation(Dropout(probability: probability))
  }
}

extension Dropout: OperationSettings {
  package static var keyword: String { "dropout" }
  package var setting: Value? { .number(probability) }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}
