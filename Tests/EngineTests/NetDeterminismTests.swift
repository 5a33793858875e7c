import Basics
import Definitions
import Engine
import Testing

@Suite struct NetDeterminismTests {
  private let withoutNorms = NetworkDefinition(
    input: SmallNetwork.everything.input,
    layers: SmallNetwork.everything.layers.map { layer in
      LayerDefinition(
        name: layer.name, operations: layer.operations.filter { !($0.settings is BatchNorm) })
    })

  @Test(arguments: [2, 3]) func bitsDoNotDependOnThreads(threads: Int) throws {
    let one = try SmallNetwork.net(threads: 1)
    let several = try SmallNetwork.net(threads: threads)
    let expected = SmallNetwork.train(one, steps: 0..<4, of: 4)
    let found = SmallNetwork.train(several, steps: 0..<4, of: 4)
    #expect(found == expected)
    #expect(several.weights().hasSameBits(as: one.weights()))
    #expect(several.state("momentum").hasSameBits(as: one.state("momentum")))
    #expect(
      sameBits(
        several.outputs(of: SmallNetwork.images(5)), one.outputs(of: SmallNetwork.images(5))))
    #expect(!one.weights().hasSameBits(as: try SmallNetwork.weights()))
  }

  @Test func bfloat16TrainsToOtherBitsThatDoNotDependOnThreads() throws {
    let nets = try [1, 2, 3].map {
      try SmallNetwork.net(threads: $0, solver: SmallNetwork.bfloat16Solver)
    }
    let results = nets.map { SmallNetwork.train($0, steps: 0..<4, of: 4) }
    for index in 1..<3 {
      #expect(results[index] == results[0])
      #expect(nets[index].weights().hasSameBits(as: nets[0].weights()))
    }
    let single = try SmallNetwork.net()
    let expected = SmallNetwork.train(single, steps: 0..<4, of: 4)
    #expect(!single.weights().hasSameBits(as: nets[0].weights()))
    for (found, expected) in zip(results[0], expected) {
      #expect(abs(found.loss - expected.loss) < 0.05 * expected.loss)
    }
  }

  @Test func netsSideBySideGiveTheSameBits() async throws {
    let alone = try SmallNetwork.net(threads: 2)
    SmallNetwork.train(alone, steps: 0..<3, of: 3)
    let expected = alone.weights()
    let agree = try await withThrowingTaskGroup(of: Bool.self) { group in
      for threads in [1, 2, 2] {
        group.addTask {
          let net = try SmallNetwork.net(threads: threads)
          SmallNetwork.train(net, steps: 0..<3, of: 3)
          return net.weights().hasSameBits(as: expected)
        }
      }
      return try await group.reduce(true) { $0 && $1 }
    }
    #expect(agree)
  }

  @Test func interruptedTrainingEndsWithTheSameBits() throws {
    let whole = try SmallNetwork.net()
    SmallNetwork.train(whole, steps: 0..<5, of: 5)
    let first = try SmallNetwork.net()
    SmallNetwork.train(first, steps: 0..<2, of: 5)
    // Through files, as in a checkpoint.
    let weights = try Weights(safetensors: first.weights().safetensors)
    let momentum = try Weights(safetensors: first.state("momentum").safetensors)
    let second = try SmallNetwork.net(threads: 3)
    try second.load(weights)
    try second.load(momentum, asState: "momentum")
    SmallNetwork.train(second, steps: 2..<5, of: 5)
    #expect(second.weights().hasSameBits(as: whole.weights()))
    #expect(second.state("momentum").hasSameBits(as: whole.state("momentum")))
  }

  /// Parts of a batch draw what the whole batch draws; without batch norms their step is the same up to rounding.
  @Test func partsOfABatchMakeItsStep() throws {
    let network = withoutNorms
    let initial = try Weights.initial(for: network, stream: RandomStream(seed: 5))
    func trained(_ part: Int?, threads: Int = 2) throws -> (Weights, [StepResult]) {
      var solver = SmallNetwork.solver
      solver.part = part
      let net = try Net(
        network,
        for: .training(SmallNetwork.allLearning, solver, stream: RandomStream(seed: 9)),
        maximumBatch: part ?? 19, threads: threads)
      try net.load(initial)
      let results = SmallNetwork.train(net, steps: 0..<3, of: 3)
      return (net.weights(), results)
    }
    let (whole, results) = try trained(nil)
    for part in [1, 5, 19] {
      let (weights, own) = try trained(part)
      for (tensor, expected) in zip(weights.tensors, whole.tensors) {
        #expect(relativeError(tensor.values, expected.values.map(Double.init)) < 2e-6)
      }
      for (own, result) in zip(own, results) {
        #expect((own.loss - result.loss).magnitude < 1e-6)
      }
      #expect(try trained(part, threads: 1).0.hasSameBits(as: weights))
    }
  }

  /// The classes that images are mixed of are divided as the images are.
  @Test func partsOfAMixedBatchMakeItsStep() throws {
    let initial = try Weights.initial(for: withoutNorms, stream: RandomStream(seed: 5))
    let labels = SmallNetwork.labels(19)
    let targets = BatchTargets(
      labels: labels, others: labels.reversed(), shares: labels.indices.map { Float($0) / 20 })
    func trained(_ part: Int?) throws -> Weights {
      var solver = SmallNetwork.solver
      solver.part = part
      solver.labelSmoothing = 0.1
      let net = try Net(
        withoutNorms,
        for: .training(SmallNetwork.allLearning, solver, stream: RandomStream(seed: 9)),
        maximumBatch: part ?? 19, threads: 2)
      try net.load(initial)
      _ = net.step(images: SmallNetwork.images(19), targets: targets, rate: 0.1, iteration: 0)
      return net.weights()
    }
    let whole = try trained(nil)
    for (tensor, expected) in zip(try trained(4).tensors, whole.tensors) {
      #expect(relativeError(tensor.values, expected.values.map(Double.init)) < 2e-6)
    }
  }

  /// With every recipe on: threads and an interruption change no bit.
  @Test func gatheredStepsDoNotDependOnThreadsOrInterruptions() throws {
    var solver = SmallNetwork.solver
    solver.part = 7
    solver.clip = 0.1
    solver.decayTowardSource = 0.1
    solver.layerDecay = 0.5
    solver.labelSmoothing = 0.1
    solver.rule = .adam(.init(decouplesDecay: true))
    let treatments = SmallNetwork.treatments([.fineTune, .fineTune, .fineTune, .initialize])
    func net(threads: Int) throws -> Net {
      let net = try SmallNetwork.net(treatments, threads: threads, solver: solver)
      net.holdSource()
      return net
    }
    let whole = try net(threads: 1)
    SmallNetwork.train(whole, steps: 0..<5, of: 5)
    let first = try net(threads: 2)
    SmallNetwork.train(first, steps: 0..<2, of: 5)
    let second = try net(threads: 3)
    try second.load(first.weights())
    for buffer in first.stateBuffers { try second.load(first.state(buffer), asState: buffer) }
    SmallNetwork.train(second, steps: 2..<5, of: 5)
    #expect(second.weights().hasSameBits(as: whole.weights()))
    #expect(!whole.weights().hasSameBits(as: try SmallNetwork.weights()))
  }

  /// The rate of a layer depends on its position alone: freezing others changes nothing about its first step.
  @Test func frozenLayersDoNotShiftTheRates() throws {
    var solver = SmallNetwork.solver
    solver.layerDecay = 0.5
    #expect((0..<4).map { solver.rateFactor(ofLayer: $0, of: 4) } == [0.125, 0.25, 0.5, 1])
    let initial = try Weights.initial(
      for: withoutNorms, stream: RandomStream(seed: 5))
    func step(_ verbs: [LayerVerb]) throws -> Weights {
      let net = try Net(
        withoutNorms,
        for: .training(
          SmallNetwork.treatments(verbs), solver, stream: RandomStream(seed: 9)),
        maximumBatch: 19, threads: 2)
      try net.load(initial)
      SmallNetwork.train(net, steps: 0..<1, of: 2)
      return net.weights()
    }
    let all = try step([.fineTune, .fineTune, .fineTune, .fineTune])
    let some = try step([.freeze, .fineTune, .freeze, .fineTune])
    for tensor in all.tensors {
      let isFrozen = tensor.name.hasPrefix("conv1") || tensor.name.hasPrefix("fc3")
      let expected = isFrozen ? initial[tensor.name] : tensor
      #expect(sameBits(some[tensor.name]?.values ?? [], expected?.values ?? [0]))
    }
  }

  @Test func layerByLayerGivesTheSameBits() throws {
    let together = try SmallNetwork.net()
    let purpose = NetworkPurpose.training(
      SmallNetwork.allLearning, SmallNetwork.solver, stream: RandomStream(seed: 9))
    let apart = try Net(
      SmallNetwork.everything, for: purpose, maximumBatch: 19, threads: 2, separatesLayers: true)
    try apart.load(SmallNetwork.weights())
    SmallNetwork.train(together, steps: 0..<3, of: 3)
    SmallNetwork.train(apart, steps: 0..<3, of: 3)
    #expect(apart.weights().hasSameBits(as: together.weights()))
  }

  /// Convolution, rectifier and pooling divide their work differently when they run together.
  @Test func fusedLayersGiveTheBitsOfSeparateOnes() throws {
    let network = NetworkDefinition(
      input: Shape(channels: 3, height: 10, width: 11),
      layers: [
        LayerDefinition(
          name: "conv1",
          operations: [
            .convolution(Convolution(filters: 18, kernel: 3, padding: 1)), .relu,
            .maxPool(Pooling(kernel: 3, stride: 2)), .dropout(0.3),
          ]),
        LayerDefinition(
          name: "conv2",
          operations: [
            .convolution(Convolution(filters: 8, kernel: 1)), .relu,
            .maxPool(Pooling(kernel: 2, stride: 2)),
          ]),
        LayerDefinition(name: "fc3", operations: [.dense(Dense(units: .count(3)))]),
      ])
    let treatments = network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let together = try trained(network, treatments).weights()
    let separately = try trained(network, treatments, separately: true).weights()
    #expect(together.hasSameBits(as: separately))
    #expect(!together.hasSameBits(as: try initial(network)))
  }

  private func initial(_ network: NetworkDefinition) throws -> Weights {
    try Weights.initial(for: network, stream: RandomStream(seed: 4))
  }

  /// A net after three steps.
  private func trained(
    _ network: NetworkDefinition, _ treatments: [LayerTreatment], separately: Bool = false,
    threads: Int = 2
  ) throws -> Net {
    let net = try Net(
      network,
      for: .training(treatments, SmallNetwork.solver, stream: RandomStream(seed: 4)),
      maximumBatch: 19, threads: threads, separatesLayers: separately)
    try net.load(initial(network))
    for step in 0..<3 {
      _ = net.step(
        images: someValues(19 * network.input.count, seed: UInt64(step)),
        labels: SmallNetwork.labels(19), rate: 0.1, iteration: step)
    }
    return net
  }

  /// Blocks with batch norms: in every algorithm of convolution, with sums whose last path is the first or the second, and
  /// values that others read as well.
  private static let normed: NetworkDefinition = {
    func conv(_ filters: Int, _ kernel: Int, stride: Int = 1, groups: Int = 1) -> Operation {
      .convolution(
        Convolution(
          filters: filters, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups))
    }
    let norm = Operation.batchNorm(BatchNorm())
    return NetworkDefinition(
      input: Shape(channels: 3, height: 13, width: 12),
      layers: [
        LayerDefinition(name: "stem", operations: [norm, conv(16, 3, stride: 2), norm, .relu]),
        LayerDefinition(
          name: "basic",
          operations: [.sum([conv(16, 3), norm, .relu, conv(16, 3), norm], []), .relu]),
        LayerDefinition(
          name: "wide",
          operations: [
            .sum([conv(20, 1), norm], [conv(20, 3), norm, .relu, conv(20, 3, groups: 2), norm]),
            .relu,
          ]),
        LayerDefinition(
          name: "down",
          operations: [
            .sum(
              [conv(32, 3, stride: 2), norm, .relu6, conv(32, 3, groups: 32), norm],
              [conv(32, 1, stride: 2), norm])
          ]),
        LayerDefinition(
          name: "inner",
          operations: [
            .sum([], [norm, .relu, conv(32, 1), norm]), .relu, .concat([norm], [conv(3, 1), norm]),
          ]),
        LayerDefinition(
          name: "scores", operations: [.globalAveragePool, .dense(Dense(units: .count(3)))]),
      ])
  }()

  /// Frozen, it has no backward pass, for which its input would be kept: what it gives is not computed again.
  @Test func aFrozenNormOfTheBatchBelowALearningConvolutionGivesTheBitsOfASeparateOne() throws {
    func conv(_ filters: Int) -> Operation {
      .convolution(Convolution(filters: filters, kernel: 3, padding: 1))
    }
    let norm = Operation.batchNorm(BatchNorm())
    let network = NetworkDefinition(
      input: Shape(channels: 3, height: 12, width: 16),
      layers: [
        LayerDefinition(name: "conv1", operations: [conv(16), norm, .relu]),
        LayerDefinition(name: "conv2", operations: [conv(16), norm, .relu]),
        LayerDefinition(name: "conv3", operations: [conv(20), norm, .relu]),
        LayerDefinition(
          name: "scores", operations: [.globalAveragePool, .dense(Dense(units: .count(3)))]),
      ])
    for frozen in 1...3 {
      let treatments = network.layers.enumerated().map { index, layer in
        LayerTreatment(
          layer: layer.name, verb: index < frozen ? .freeze : .initialize, statistics: .batch)
      }
      let together = try trained(network, treatments).weights()
      let separately = try trained(network, treatments, separately: true).weights()
      #expect(together.hasSameBits(as: separately), "\(frozen) frozen")
      #expect(!together.hasSameBits(as: try initial(network)))
    }
  }

  @Test func fusedBatchNormsGiveTheBitsOfSeparateOnes() throws {
    let network = NetDeterminismTests.normed
    let initial = try initial(network)
    let images = someValues(19 * network.input.count, seed: 7)
    func trained(_ verbs: [LayerVerb], separately: Bool, threads: Int = 2) throws -> (
      Weights, [Float]
    ) {
      let treatments = zip(network.layers, verbs).map { LayerTreatment(layer: $0.name, verb: $1) }
      let net = try self.trained(network, treatments, separately: separately, threads: threads)
      return (net.weights(), net.outputs(of: images))
    }
    let learning = Array(repeating: LayerVerb.initialize, count: 6)
    for frozen in [0, 1, 3, 5] {
      let verbs = Array(repeating: .freeze, count: frozen) + learning.dropFirst(frozen)
      let (together, scores) = try trained(verbs, separately: false)
      for (separately, threads) in [(true, 2), (false, 1), (false, 3)] {
        let (weights, own) = try trained(verbs, separately: separately, threads: threads)
        #expect(weights.hasSameBits(as: together), "\(frozen) frozen, \(threads) threads")
        #expect(sameBits(own, scores))
      }
      #expect(!together.hasSameBits(as: initial))
      for separately in [false, true] {
        let net = try Net(
          network, for: .inference, maximumBatch: 19, threads: 2, separatesLayers: separately)
        try net.load(together)
        #expect(sameBits(net.outputs(of: images), scores), "\(frozen) frozen")
      }
    }
  }

  @Test func scoresDoNotDependOnTheBatchAnImageComesIn() throws {
    let net = try SmallNetwork.net()
    let images = SmallNetwork.images(19)
    let count = SmallNetwork.everything.input.count
    let together = net.outputs(of: images)
    for (first, last) in [(0, 1), (3, 10), (12, 19)] {
      let part = net.outputs(of: Array(images[first * count..<last * count]))
      #expect(sameBits(part, Array(together[first * 3..<last * 3])))
    }
    let inference = try Net(
      SmallNetwork.everything, for: .inference, maximumBatch: 70, threads: 3)
    try inference.load(SmallNetwork.weights())
    #expect(sameBits(inference.outputs(of: images), together))
  }

  @Test func dropoutDependsOnTheStep() throws {
    func weights(iteration: Int) throws -> Weights {
      let net = try SmallNetwork.net()
      _ = net.step(
        images: SmallNetwork.images(5), labels: SmallNetwork.labels(5), rate: 0.1,
        iteration: iteration)
      return net.weights()
    }
    #expect(try !weights(iteration: 0).hasSameBits(as: weights(iteration: 1)))
  }

  /// Dense layers included: what is computed once an image has the bits that it has in any batch, after any
  /// prefix of the network and after the whole of it.
  @Test(arguments: [1, 4, 18], [1, 5, 7, 11, 14])
  func activationsDoNotDependOnTheBatch(count: Int, operations: Int) throws {
    let net = try Net(
      SmallNetwork.everything, for: .inference, maximumBatch: 19, threads: 2,
      operations: 0..<operations)
    #expect(operations < 14 || net.outputShape == Shape(units: 3))
    try net.load(SmallNetwork.weights())
    let images = SmallNetwork.images(19)
    let whole = net.outputs(of: images)
    let size = images.count / 19
    var apart: [Float] = []
    for first in stride(from: 0, to: 19, by: count) {
      let last = min(first + count, 19)
      apart += net.outputs(of: Array(images[first * size..<last * size]))
    }
    #expect(whole.count == 19 * net.outputShape.count && sameBits(apart, whole))
    // Images differ.
    #expect(Set(whole).count > 19)
  }
}
