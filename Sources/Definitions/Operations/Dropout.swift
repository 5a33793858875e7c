import Basics

/// Each value is dropped with a given probability during training; the others are scaled by 1 / (1 − probability), so
/// that evaluation needs no correction.
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
