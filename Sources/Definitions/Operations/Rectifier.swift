/// max(x, 0).
package struct Rectifier: Hashable, Sendable {
  package init() {}
}

extension Operation {
  package static var relu: Operation { Operation(Rectifier()) }
}

extension Rectifier: OperationSettings {
  package static var keyword: String { "relu" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}
