import Basics
import Definitions
import Engine
import Testing

@Suite struct FrozenLayerTests {
  static let assignments: [[LayerVerb]] = [
    [.freeze, .initialize, .initialize, .initialize],
    [.freeze, .freeze, .random, .initialize],
    [.initialize, .freeze, .initialize, .freeze],
    [.fineTune, .fineTune, .freeze, .initialize],
  ]

  @Test(arguments: assignments) func frozenLayersKeepEveryBitAndLearningOnesMove(
    verbs: [LayerVerb]
  ) throws {
    let net = try SmallNetwork.net(SmallNetwork.treatments(verbs))
    let before = net.weights()
    SmallNetwork.train(net, steps: 0..<3, of: 3)
    let after = net.weights()
    for (layer, verb) in zip(SmallNetwork.everything.layers, verbs) {
      for name in before.names where name.hasPrefix("\(layer.name).") {
        let isSame = sameBits(before[name]?.values ?? [], after[name]?.values ?? [])
        #expect(isSame == (verb.state == .frozen), "\(name)")
      }
    }
  }

  @Test func frozenParametersHaveNoMomentum() throws {
    let net = try SmallNetwork.net(
      SmallNetwork.treatments([.freeze, .freeze, .initialize, .initialize]))
    let names = net.state("momentum").names
    #expect(
      names == [
        "fc3.weight", "fc3.bias", "fc3.norm.weight", "fc3.norm.bias", "fc4.weight", "fc4.bias",
      ])
  }

  @Test func allFrozenOnlyMeasures() throws {
    let net = try SmallNetwork.net(
      SmallNetwork.treatments([.freeze, .freeze, .freeze, .freeze]))
    let before = net.weights()
    let results = SmallNetwork.train(net, steps: 0..<2, of: 2)
    #expect(net.weights().hasSameBits(as: before))
    #expect(net.state("momentum").tensors.isEmpty)
    #expect(results.allSatisfy { $0.loss > 0 })
  }

  @Test func parameterOfRateZeroStays() throws {
    var network = SmallNetwork.everything
    network.layers[3].operations = [
      .dense(
        Dense(units: .count(3), parameters: ParameterSettings(weightRate: 0, biasRate: 1)))
    ]
    let net = try Net(
      network,
      for: .training(
        SmallNetwork.allLearning, SmallNetwork.solver, stream: RandomStream(seed: 9)),
      maximumBatch: 19, threads: 2)
    try net.load(SmallNetwork.weights())
    let before = net.weights()
    SmallNetwork.train(net, steps: 0..<2, of: 2)
    let after = net.weights()
    #expect(before["fc4.weight"] == after["fc4.weight"])
    #expect(before["fc4.bias"] != after["fc4.bias"])
  }

  @Test func frozenPrefixEndsBelowTheFirstDropoutOrLearningOperation() throws {
    let network = SmallNetwork.everything
    func prefix(_ verbs: LayerVerb...) throws -> Int {
      try network.frozenPrefix(under: SmallNetwork.treatments(verbs))
    }
    #expect(try prefix(.initialize, .freeze, .freeze, .freeze) == 0)
    #expect(try prefix(.freeze, .initialize, .initialize, .initialize) == 5)
    #expect(try prefix(.freeze, .freeze, .initialize, .initialize) == 7)
  }

  /// Activations of a frozen prefix, computed once, train the rest to the same bits: the cut may be anywhere below
  /// the first dropout or learning layer.
  @Test(arguments: [5, 6, 7], Precision.allCases) func cachedPrefixGivesTheBitsOfThePlainRun(
    cut: Int, precision: Precision
  ) throws {
    let treatments = SmallNetwork.treatments([.freeze, .freeze, .initialize, .initialize])
    var solver = SmallNetwork.solver
    solver.precision = precision
    let plain = try SmallNetwork.net(treatments, solver: solver)
    let expected = SmallNetwork.train(plain, steps: 0..<3, of: 3)

    let prefix = try Net(
      SmallNetwork.everything, for: .inference, maximumBatch: 8, threads: 2, operations: 0..<cut)
    try prefix.load(SmallNetwork.weights())
    let rest = try SmallNetwork.net(treatments, solver: solver, operations: cut..<14)
    var results: [StepResult] = []
    for step in 0..<3 {
      let count = step == 2 ? 7 : 19
      let images = SmallNetwork.images(count, seed: UInt64(step + 1))
      let size = SmallNetwork.everything.input.count
      var activations: [Float] = []
      for first in stride(from: 0, to: count, by: 8) {
        let last = min(first + 8, count)
        activations += prefix.outputs(of: Array(images[first * size..<last * size]))
      }
      results.append(
        rest.step(
          images: activations, labels: SmallNetwork.labels(count), rate: 0.1, iteration: step))
    }
    #expect(results == expected)
    let whole = plain.weights()
    for tensor in rest.weights().tensors {
      #expect(sameBits(tensor.values, whole[tensor.name]?.values ?? []), "\(tensor.name)")
    }
  }
}
