import Basics
import Definitions
import PipelineLanguage
import Testing

@Suite struct NetworkTests {
  private func network(_ layers: String) throws -> NetworkDefinition {
    try training(
      in: Fixture.stages(
        "  t: {train: {network: {input: [3, 32, 32], layers: {\(layers)}}, on: d, solver: g}}\n")
    ).network.content
  }

  /// The first operations of a layer before the scores.
  private func operations(_ operations: String) throws -> [Definitions.Operation] {
    try network("a: [\(operations)], z: [dense: classes]").layers[0].operations
  }

  private func expectLayers(
    _ layers: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(
      "cambium: 1\nnetworks: {n: {input: [3, 32, 32], layers: {\(layers)}}}\n", finds: message,
      sourceLocation: sourceLocation)
  }

  private func expectOperations(
    _ operations: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectLayers(
      "a: [\(operations)], z: [dense: classes]", finds: message, sourceLocation: sourceLocation)
  }

  @Test func everyOperationIsRead() throws {
    #expect(
      try operations(
        "conv: {filters: 4, kernel: 3, stride: 2, padding: 1, groups: 1, weights: xavier, "
          + "biases: none, weight-rate: 3, weight-decay: 4, bias-rate: 5, bias-decay: 6}, relu, "
          + "tanh, batch-norm: {epsilon: 0.1, momentum: 0.2}, "
          + "lrn: {size: 3, alpha: 1, beta: 2, k: 3}, dropout: 0.25, "
          + "max-pool: {kernel: 2, stride: 1, padding: 1, rounding: down}, average-pool: {kernel: 2}"
      ) == [
        .convolution(
          Convolution(
            filters: 4, kernel: 3, stride: 2, padding: 1, groups: 1,
            parameters: ParameterSettings(
              weights: .xavier, biases: nil, weightRate: 3, weightDecay: 4, biasRate: 5,
              biasDecay: 6))), .relu, .tanh, .batchNorm(BatchNorm(epsilon: 0.1, momentum: 0.2)),
        .lrn(LocalResponseNorm(size: 3, alpha: 1, beta: 2, k: 3)), .dropout(0.25),
        .maxPool(Pooling(kernel: 2, stride: 1, padding: 1, rounding: .down)),
        .averagePool(Pooling(kernel: 2, stride: 2)),
      ])
    #expect(
      try operations("dense: {units: 5, weights: {gaussian: 0.01}, biases: {constant: 1}}") == [
        .dense(
          Dense(
            units: .count(5),
            parameters: ParameterSettings(
              weights: .gaussian(deviation: 0.01), biases: .constant(1))))
      ])
  }

  @Test func defaultsSpelledOutChangeNothing() throws {
    let same = [
      (
        "conv: {filters: 4, kernel: 3}",
        "conv: {kernel: 3, filters: 4, stride: 1, padding: 0, groups: 1, weights: he, "
          + "biases: {constant: 0}, weight-rate: 1, weight-decay: 1, bias-rate: 2, bias-decay: 0}"
      ), ("dense: 4", "dense: {units: 4, weights: he}"),
      (
        "conv: {filters: 4, kernel: 3}, max-pool: {kernel: 2}",
        "conv: {filters: 4, kernel: 3}, max-pool: {kernel: 2, stride: 2, padding: 0, rounding: up}"
      ),
      (
        "conv: {filters: 4, kernel: 3}, lrn",
        "conv: {filters: 4, kernel: 3}, lrn: {size: 5, alpha: 1e-4, beta: 0.75, k: 1}"
      ), ("dense: 4, batch-norm", "dense: 4, batch-norm: {epsilon: 0.00001, momentum: 0.1}"),
    ]
    for (short, long) in same {
      #expect(try operations(short).map(\.value) == operations(long).map(\.value))
    }
    #expect(
      try network("z: [dense: classes]").value == network("z: [dense: {units: classes}]").value)
  }

  @Test func operationsAreKnown() {
    expectOperations("dense: 4, ⟦rleu⟧", finds: "there is no operation 'rleu'")
    expectOperations("dense: 4, ⟦pool⟧: 3", finds: "there is no operation 'pool'")
    expectOperations("⟦conv⟧", finds: "'conv' needs settings")
    expectOperations("dense: 4, relu: ⟦{}⟧", finds: "'relu' has no settings")
    expectOperations("⟦{dense: 4, relu: 1}⟧", finds: "an operation has one key")
    expectOperations("⟦[relu]⟧", finds: "an operation is a word")
    expectOperations("conv: ⟦3⟧", finds: "'conv' must be a mapping")
    expectOperations("⟦conv⟧: {filters: 3}", finds: "operation 'conv' lacks 'kernel'")
    expectOperations(
      "conv: {filters: 3, kernel: 1, ⟦kernal⟧: 2}", finds: "operation 'conv' has no 'kernal'")
  }

  @Test func settingsHaveRanges() {
    expectOperations("conv: {filters: ⟦0⟧, kernel: 3}", finds: "'filters' must be at least 1")
    expectOperations("dense: 4, dropout: ⟦1⟧", finds: "'dropout' must be a number from 0 to below")
    expectOperations("dense: ⟦many⟧", finds: "'dense' must be a number of units")
    expectOperations("dense: 4, lrn: {size: ⟦4⟧}", finds: "'size' must be odd")
    expectOperations(
      "conv: {filters: 4, kernel: 3}, max-pool: {kernel: 2, padding: ⟦2⟧}",
      finds: "'padding' must be at most 1")
    expectOperations("dense: 4, batch-norm: {momentum: ⟦0⟧}", finds: "'momentum' must be")
    expectOperations("dense: {units: 4, weights: ⟦kaiming⟧}", finds: "there is no initializer")
    expectOperations(
      "dense: {units: 4, weights: {gaussian: ⟦0⟧}}", finds: "'gaussian' must be a positive")
    expectOperations("dense: {units: 4, weights: ⟦none⟧}", finds: "there is no initializer 'none'")
  }

  @Test func layerHasOneWeightedOperation() {
    expectLayers("⟦a⟧: [relu], z: [dense: classes]", finds: "layer 'a' has no weighted operation")
    expectOperations("dense: 4, relu, ⟦dense: 3⟧", finds: "layer 'a' has a second weighted")
    expectOperations("dense: 4, batch-norm, ⟦batch-norm⟧", finds: "layer 'a' has a second batch")
    expectLayers("a: ⟦[]⟧, z: [dense: classes]", finds: "'a' is empty")
    expectLayers("a: ⟦relu⟧, z: [dense: classes]", finds: "'a' must be a list of operations")
  }

  @Test func networkEndsWithScores() {
    expectLayers(
      "a: [⟦conv: {filters: 4, kernel: 3}⟧]", finds: "a network ends with the classes' scores")
    expectLayers("a: [dense: 4, ⟦relu⟧]", finds: "a network ends with the classes' scores")
    expectOperations("⟦dense: classes⟧", finds: "only a network's last layer")
  }

  @Test func layersHaveSafeNames() {
    expectLayers("⟦rest⟧: [dense: classes]", finds: "'rest' cannot be the name of a layer")
    expectLayers("⟦a.b⟧: [dense: classes]", finds: "'a.b' cannot be the name of a layer")
  }

  @Test func shapesMustFit() {
    expectLayers(
      "a: [dense: 4], b: [⟦conv: {filters: 4, kernel: 3}⟧], z: [dense: classes]",
      finds: "layer 'b' does not fit: conv needs channels × height × width, but its input is 4")
    expectOperations(
      "⟦conv: {filters: 4, kernel: 33}⟧",
      finds: "layer 'a' does not fit: a 33×33 kernel does not fit its input 3×32×32")
    expectOperations(
      "conv: {filters: 4, kernel: 31}, ⟦max-pool: {kernel: 3}⟧", finds: "layer 'a' does not fit")
    expectOperations("⟦conv: {filters: 4, kernel: 1, groups: 2}⟧", finds: "layer 'a' does not fit")
  }

  @Test func mismatchShowsTheLayerBefore() {
    let text =
      "cambium: 1\nnetworks: {n: {input: [3, 9, 9], layers: {a: [dense: 4], b: [conv: {filters: 1, "
      + "kernel: 3}], z: [dense: classes]}}}\n"
    #expect(problems(of: text).first?.notes.first?.message == "layer 'a' gives 4")
  }

  @Test func sizesAreLimited() {
    expect(
      "cambium: 1\nnetworks: {n: {input: ⟦[65536, 65536, 65536]⟧, layers: {z: [dense: classes]}}}\n",
      finds: "an image of 65536×65536×65536 is too large")
    expect(
      "cambium: 1\nnetworks: {n: {input: ⟦[3, 8]⟧, layers: {z: [dense: classes]}}}\n",
      finds: "'input' must be [channels, height, width], not 2 numbers")
    expectOperations(
      "⟦conv: {filters: 1048576, kernel: 1}⟧", finds: "layer 'a' makes 1048576×32×32 values")
    expectLayers(
      "a: [dense: 4096], ⟦b⟧: [dense: 1048576], z: [dense: classes]",
      finds: "layer 'b' has 4294967296 weights")
  }
}
