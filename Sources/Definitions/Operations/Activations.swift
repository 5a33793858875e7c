import Basics

/// min(max(x, 0), 6), as MobileNets have it.
package struct Rectifier6: OperationSettings {
  package init() {}

  package static var keyword: String { "relu6" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}

/// x where it is positive, a fraction of it where it is negative.
package struct LeakyRectifier: OperationSettings {
  /// Above 0 and up to 1.
  package var slope: Double

  package init(slope: Double = 0.01) { self.slope = slope }

  package static var keyword: String { "leaky-relu" }
  package var setting: Value? { .number(slope) }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}

/// σ(x) = 1 / (1 + e⁻ˣ).
package struct Sigmoid: OperationSettings {
  package init() {}

  package static var keyword: String { "sigmoid" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}

/// x · σ(x) (also called swish).
package struct SigmoidLinearUnit: OperationSettings {
  package init() {}

  package static var keyword: String { "silu" }
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}

extension Operation {
  package static var relu6: Operation { Operation(Rectifier6()) }
  package static func leakyRelu(_ slope: Double) -> Operation {
    Operation(LeakyRectifier(slope: slope))
  }
  package static var sigmoid: Operation { Operation(Sigmoid()) }
  package static var silu: Operation { Operation(SigmoidLinearUnit()) }
}
