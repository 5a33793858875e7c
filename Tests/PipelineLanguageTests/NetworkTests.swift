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

  @Test func layerHasAWeightedOperation() {
    expectLayers("⟦a⟧: [relu], z: [dense: classes]", finds: "layer 'a' has no weighted operation")
    expectLayers(
      "⟦a⟧: [sum: [[relu], []]], z: [dense: classes]", finds: "layer 'a' has no weighted operation")
    expectLayers("a: ⟦[]⟧, z: [dense: classes]", finds: "'a' is empty")
    expectLayers("a: ⟦relu⟧, z: [dense: classes]", finds: "'a' must be a list of operations")
  }

  @Test func pathsAreListsOfOperations() throws {
    #expect(
      try operations("sum: [[dense: 4, relu], [dense: 4]], tanh")
        == [
          .sum([.dense(.init(units: .count(4))), .relu], [.dense(.init(units: .count(4)))]), .tanh,
        ])
    expectOperations("dense: 4, sum: ⟦[]⟧", finds: "'sum' has no paths: it joins two or more")
    expectOperations("dense: 4, concat: ⟦[[]]⟧", finds: "'concat' has one path")
    expectOperations("dense: 4, ⟦sum⟧", finds: "'sum' needs paths")
    expectOperations("dense: 4, sum: ⟦relu⟧", finds: "'sum' must be a list of paths")
    expectOperations("dense: 4, sum: [[], ⟦relu⟧]", finds: "'path' must be a list of operations")
    expectOperations("dense: 4, sum: [[], [⟦tahn⟧]]", finds: "there is no operation 'tahn'")
    expectOperations(
      "dense: 4, sum: [[], [sum: [[], [dense: 4, dropout: ⟦2⟧]]]]", finds: "'dropout' must be")
  }

  @Test func pathsMustFitEachOther() {
    expectOperations(
      "⟦sum: [[conv: {filters: 4, kernel: 3}], [conv: {filters: 4, kernel: 1}]]⟧",
      finds:
        "layer 'a' does not fit: a sum adds up what has one shape, but path 1 gives 4×30×30 and "
        + "path 2 gives 4×32×32")
    expectOperations(
      "⟦concat: [[conv: {filters: 4, kernel: 3}], []]⟧",
      finds: "layer 'a' does not fit: concat joins the channels of maps of one size")
    expectOperations(
      "conv: {filters: 4, kernel: 1}, ⟦product: [[], [average-pool: global, dense: 3]]⟧",
      finds: "layer 'a' does not fit: a product multiplies")
    expectOperations(
      "sum: [[conv: {filters: 3, kernel: 1}], [⟦conv: {filters: 4, kernel: 99}⟧]]",
      finds: "layer 'a' does not fit: a 99×99 kernel")
    let text =
      "cambium: 1\nnetworks: {n: {input: [3, 9, 9], layers: {a: [sum: [[conv: {filters: 1, kernel: 3}], "
      + "[]]], z: [dense: classes]}}}\n"
    let notes = problems(of: text).first?.notes ?? []
    #expect(
      notes.map(\.message) == ["path 1 is here", "path 2 is here", "all paths read 3×9×9"])
    #expect(notes.first?.span?.start.column == 53)
  }

  @Test func anchorsMakeNoCycles() {
    expect(
      "cambium: 1\nnetworks: {n: {input: [3, 8, 8], layers: {a: &a [sum: [⟦*a⟧, []]], z: [dense: 2]}}}\n",
      finds: "alias '*a' refers to a value that contains it")
  }

  @Test func layersAreSwept() throws {
    let layers = try network(
      "\"a${n}\": {for: {n: 1..2}, with: {width: 5}, operations: [dense: \"${width}\"]}, "
        + "b: {operations: [dense: 7]}, z: [dense: classes]"
    ).layers
    #expect(layers.map(\.name) == ["a1", "a2", "b", "z"])
    #expect(layers[1].operations == [.dense(.init(units: .count(5)))])
    expectLayers(
      "⟦a⟧: {for: {n: 1..2}, operations: [dense: 3]}, z: [dense: classes]",
      finds: "the name 'a' does not contain '${n}', which it is swept over")
    expectLayers(
      "\"a${n}\": {for: {n: 1..2}, operations: [dense: 3]}, ⟦\"a${m}\"⟧: {for: {m: 2..3}, operations: "
        + "[dense: 3]}, z: [dense: classes]", finds: "a second layer is called 'a2'")
    expectLayers(
      "a: {with: {w: 3}, operations: [dense: \"⟦${v}⟧\"]}, z: [dense: classes]",
      finds: "'${v}' is not defined")
    expectLayers("⟦a⟧: {with: {w: 3}}, z: [dense: classes]", finds: "layer 'a' lacks 'operations'")
    expectLayers(
      "a: {⟦wiht⟧: {w: 3}, operations: [dense: 3]}, z: [dense: classes]",
      finds: "layer 'a' has no 'wiht'")
  }

  @Test func parametersAreNamedByLayerOrByName() throws {
    func names(_ layers: String) throws -> [String] {
      try network(layers).resolved(classes: 2).parameters().map(\.name)
    }
    #expect(
      try names(
        "a: [conv: {filters: 1, kernel: 1}, batch-norm], z: [dense: classes]") == [
          "a.weight", "a.bias", "a.norm.weight", "a.norm.bias", "a.norm.running_mean",
          "a.norm.running_var", "z.weight", "z.bias",
        ])
    #expect(
      try names("a: [dense: 3, sum: [[dense: 3, batch-norm], []], dense: 2], z: [dense: classes]")
        == [
          "a.dense1.weight", "a.dense1.bias", "a.dense2.weight", "a.dense2.bias", "a.norm1.weight",
          "a.norm1.bias", "a.norm1.running_mean", "a.norm1.running_var", "a.dense3.weight",
          "a.dense3.bias", "z.weight", "z.bias",
        ])
    #expect(
      try names(
        "a: [dense: {units: 2, name: fc}, batch-norm: {name: .bn}], z: [dense: {units: classes, name: .0}]"
      ).filter { $0.hasSuffix("weight") } == ["fc.weight", "a.bn.weight", "z.0.weight"])
    expectLayers(
      "a: [dense: {units: 2, name: fc}], z: [⟦dense: {units: classes, name: fc}⟧]",
      finds: "the parameters of a second operation are called 'fc'")
    expectLayers(
      "a: [dense: {units: 2, name: z}], z: [⟦dense: classes⟧]",
      finds: "the parameters of a second operation are called 'z'")
    expectLayers(
      "a: [dense: {units: 2, name: ⟦a..b⟧}], z: [dense: classes]",
      finds: "'a..b' cannot be the name of a parameter")
    expectLayers(
      "a: [conv: {filters: 1, kernel: 1}, lrn: {⟦name⟧: x}], z: [dense: classes]",
      finds: "operation 'lrn' has no 'name'"
    )
  }

  @Test func networkEndsWithScores() {
    expectLayers(
      "a: [⟦conv: {filters: 4, kernel: 3}⟧]", finds: "a network ends with the classes' scores")
    expectLayers("a: [dense: 4, ⟦relu⟧]", finds: "a network ends with the classes' scores")
    expectLayers(
      "a: [conv: {filters: classes, kernel: 1}, ⟦average-pool: {size: 2}⟧]",
      finds: "a network ends with one score for each class, but it gives 1×2×2")
    expectOperations("⟦dense: classes⟧", finds: "only a network's last layer")
  }

  @Test func layersHaveSafeNames() {
    expectLayers("⟦rest⟧: [dense: classes]", finds: "'rest' cannot be the name of a layer")
    expectLayers("⟦a..b⟧: [dense: classes]", finds: "'a..b' cannot be the name of a layer")
    expectLayers("⟦a b⟧: [dense: classes]", finds: "'a b' cannot be the name of a layer")
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
