import Basics
import Definitions
import Testing

@Suite struct NetworkDefinitionTests {
  @Test func caffeNetHasThePublishedSize() throws {
    let costs = try caffeNet().costs()
    #expect(costs.reduce(0) { $0 + $1.parameters } == 60_965_224)
    #expect(
      costs.map(\.parameters)
        == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000])
  }

  // Two for each of filters × places × kernel² × channels / groups, by hand: 724 million
  // multiply-adds together, the figure commonly given for the network.
  @Test func caffeNetHasThePublishedCost() throws {
    let costs = try caffeNet().costs()
    #expect(
      costs.map(\.flops) == [
        210_830_400, 447_897_600, 299_040_768, 224_280_576, 149_520_384, 75_497_472, 33_554_432,
        8_192_000,
      ])
    #expect(costs.reduce(0) { $0 + $1.flops } / 2 == 724_406_816)
  }

  @Test func caffeNetHasTheShapesOfCaffe() throws {
    let shapes = try caffeNet().shapes()
    #expect(
      shapes.map { $0.last?.description }
        == ["96×27×27", "256×13×13", "384×13×13", "384×13×13", "256×6×6", "4096", "4096", "1000"])
    #expect(
      shapes[0].map(\.description) == ["3×227×227", "96×55×55", "96×55×55", "96×27×27", "96×27×27"])
  }

  @Test func classesBecomeUnits() throws {
    let network = caffeNet(classes: .classes)
    #expect(network.resolved(classes: 10) == caffeNet(classes: .count(10)))
    #expect(network.resolved(classes: 500).layers.dropLast() == network.layers.dropLast())
  }

  @Test func everySettingIsInTheValue() throws {
    let network = caffeNet()
    func changed(_ change: (inout NetworkDefinition) -> Void) -> [String] {
      var other = network
      change(&other)
      return network.value.changes(to: other.value).map(\.path)
    }
    #expect(changed { $0.input = Shape(channels: 1, height: 227, width: 227) } == ["input.0"])
    #expect(changed { $0.layers[0].name = "first" } == ["layers.0.name"])
    #expect(
      changed {
        $0.layers[0].operations[0] = .convolution(
          Convolution(
            filters: 96, kernel: 11, stride: 4,
            parameters: ParameterSettings(weights: .gaussian(deviation: 0.01), biasRate: 3)))
      } == [
        "layers.conv1.operations.0.conv.parameters.bias-rate",
        "layers.conv1.operations.0.conv.parameters.weights",
      ])
    #expect(
      changed { $0.layers[0].operations[2] = .averagePool(Pooling(kernel: 3, stride: 2)) }
        == ["layers.conv1.operations.2.average-pool", "layers.conv1.operations.2.max-pool"])
    #expect(
      changed { $0.layers[0].operations[3] = .lrn(LocalResponseNorm(k: 2)) }
        == ["layers.conv1.operations.3.lrn.k"])
    #expect(
      changed { $0.layers[5].operations[2] = .dropout(0.6) } == ["layers.fc6.operations.2.dropout"])
  }

  @Test func operationsKnowWhetherTheyDrawAndWeigh() {
    #expect(Operation.dropout(0.5).traits.isRandom)
    #expect(!Operation.relu.traits.isRandom)
    #expect(caffeNet().layers.allSatisfy { $0.operations.count(where: \.isWeighted) == 1 })
  }
}

@Suite struct ParameterDefinitionTests {
  @Test func namesAndLayoutsArePyTorchs() throws {
    let parameters = try caffeNet().parameters()
    #expect(
      parameters.prefix(4).map(\.name) == [
        "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
      ])
    // Grouped: each filter sees half of the 96 channels.
    #expect(parameters[2].shape == [256, 48, 5, 5])
    #expect(parameters[2].fanIn == 1200)
    #expect(parameters.last?.shape == [1000])
    let fc6 = try #require(parameters.first { $0.name == "fc6.weight" })
    #expect(fc6.shape == [4096, 9216])
    #expect(fc6.fanIn == 9216)
  }

  @Test func biasesLearnTwiceAsFastAndDoNotDecay() throws {
    let bias = try #require(try caffeNet().parameters().first { $0.role == .bias })
    #expect(bias.rate == 2)
    #expect(bias.decay == 0)
    #expect(bias.initializer == .constant(0))
  }

  @Test func biasesCanBeLeftOut() throws {
    let network = NetworkDefinition(
      input: Shape(units: 4),
      layers: [
        LayerDefinition(
          name: "fc",
          operations: [.dense(Dense(units: .count(2), parameters: ParameterSettings(biases: nil)))])
      ])
    #expect(try network.parameters().map(\.name) == ["fc.weight"])
  }

  @Test func batchNormHasScaleShiftAndStatistics() throws {
    let network = NetworkDefinition(
      input: Shape(channels: 3, height: 8, width: 8),
      layers: [
        LayerDefinition(
          name: "c",
          operations: [.convolution(Convolution(filters: 5, kernel: 3)), .batchNorm(BatchNorm())])
      ])
    let own = try network.parameters().dropFirst(2)
    #expect(
      own.map(\.name)
        == ["c.norm.weight", "c.norm.bias", "c.norm.running_mean", "c.norm.running_var"])
    #expect(own.map(\.initializer) == [.constant(1), .constant(0), .constant(0), .constant(1)])
    #expect(own.map(\.rate) == [1, 1, 0, 0])
    #expect(own.allSatisfy { $0.shape == [5] && $0.decay == 0 })
    // Statistics are not learned, so they do not count.
    #expect(try network.costs()[0].parameters == 5 * 3 * 9 + 5 + 5 + 5)
  }
}
