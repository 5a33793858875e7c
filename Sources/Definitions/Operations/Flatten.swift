/// A map as a vector, channel after channel, row after row.
///
/// A dense operation reads maps in this order without it; it is for what joins vectors.
package struct Flatten: OperationSettings {
  package init() {}

  package static var keyword: String { "flatten" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    .success(Shape(units: input.count))
  }
}

extension Operation {
  package static var flatten: Operation { Operation(Flatten()) }
}
