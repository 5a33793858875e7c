/// tanh x.
package struct HyperbolicTangent: Hashable, Sendable {
  package init() {}
}

extension Operation {
  package static var tanh: Operation { Operation(HyperbolicTangent()) }
}

extension HyperbolicTangent: OperationSettings {
  package static var keyword: String { "tanh" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}
