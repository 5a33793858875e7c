import Definitions
import Testing

/// An operation that is no part of the program.
private struct Blur: OperationSettings {
  var traits: Traits

  static var keyword: String { "blur" }
  func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> { .success(input) }
}

@Suite struct FrozenPrefixTests {
  /// The frozen operations of a network whose first layer has `operation` after its convolution.
  private func prefix(_ operation: Operation, _ verb: LayerVerb = .freeze) throws -> Int {
    let network = NetworkDefinition(
      input: Shape(channels: 3, height: 8, width: 8),
      layers: [
        LayerDefinition(
          name: "conv1",
          operations: [.convolution(Convolution(filters: 4, kernel: 3)), operation, .relu]),
        LayerDefinition(name: "fc2", operations: [.dense(Dense(units: .count(2)))]),
      ])
    return try network.frozenPrefix(under: [
      LayerTreatment(layer: "conv1", verb: verb), LayerTreatment(layer: "fc2", verb: .initialize),
    ])
  }

  @Test func anyOperationThatCannotBeRepeatedEndsThePrefix() throws {
    for (isRandom, scope, count) in [
      (false, Traits.Scope.image, 3), (true, .image, 1), (false, .batch, 1),
      (false, .batchWhereNormalizing, 3),
    ] {
      let traits = Traits(isRandom: isRandom, scope: scope)
      #expect(try prefix(Operation(Blur(traits: traits))) == count, "\(traits)")
    }
  }

  @Test func batchNormIsRepeatableWhereItIsFrozen() throws {
    #expect(try prefix(.batchNorm(BatchNorm())) == 3)
    #expect(try prefix(.batchNorm(BatchNorm()), .random) == 3)
    #expect(try prefix(.batchNorm(BatchNorm()), .fineTune) == 0)
    #expect(try prefix(.dropout(0.5)) == 1)
  }
}
