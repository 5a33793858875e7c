import Basics

/// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3):
/// y = x / (k + α/size · Σ x²)^β, the sum over `size` neighbouring channels.
package struct LocalResponseNorm: Hashable, Sendable {
  /// Odd.
  package var size: Int
  package var alpha: Double
  package var beta: Double
  package var k: Double

  package init(size: Int = 5, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }
}

extension Operation {
  package static func lrn(_ settings: LocalResponseNorm) -> Operation { Operation(settings) }
}

extension LocalResponseNorm: OperationSettings {
  package static var keyword: String { "lrn" }

  package var setting: Value? {
    [
      "size": .integer(size), "alpha": .number(alpha), "beta": .number(beta), "k": .number(k),
    ]
  }

  package var traits: Traits { Traits(isRandom: false, scope: .image) }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    guard input.isSpatial else {
      return .failure("lrn needs channels × height × width, but its input is \(input)")
    }
    return .success(input)
  }
}
