import Basics
import Definitions
import Engine
import Kernels
import Testing

/// Nets with paths side by side against the naive network, forward and backward.
@Suite struct PathTests {
  private static func conv(
    _ filters: Int, _ kernel: Int = 3, stride: Int = 1, groups: Int = 1
  ) -> Operation {
    .convolution(
      Convolution(
        filters: filters, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups))
  }

  private static var norm: Operation { .batchNorm(BatchNorm()) }

  private static let blocks: [(name: String, operations: [Operation])] = [
    ("basic block", [.sum([conv(4), norm, .relu, conv(4), norm], []), .relu]),
    ("projection", [.sum([conv(6, stride: 2), norm], [conv(6, 1, stride: 2), norm]), .relu]),
    ("identity first", [.sum([], [conv(4), .relu]), .tanh]),
    ("before the norm", [.sum([norm, .relu, conv(4)], [])]),
    ("shared rectifier", [.sum([.relu, conv(4)], [.tanh], [])]),
    ("sum of kept values", [.sum([conv(4), .tanh], [conv(4), .relu]), .leakyRelu(0.2)]),
    ("nothing but identities", [conv(4), .sum([], [])]),
    ("concat", [conv(4), .concat([conv(2, 1), .relu], [conv(5), .relu], []), .relu]),
    (
      "nested",
      [
        .concat(
          [.sum([conv(3), .concat([conv(1, 1)], [.relu, conv(2)])], [conv(3, 1)])],
          [.sum([], [.sum([conv(4, 1), norm], [])]), .relu6]), conv(4, 1),
      ]
    ),
    (
      "squeeze and excitation",
      [
        conv(4),
        .product([], [.globalAveragePool, conv(2, 1), .silu, conv(4, 1), .sigmoid]), .silu,
      ]
    ),
    ("product of maps", [.product([conv(4), .sigmoid], [conv(4)], [])]),
    ("vectors", [.concat([conv(2), .flatten], [.averagePool(size: 2), .flatten])]),
    ("depthwise", [.sum([conv(4, groups: 4), .relu6, conv(4, 1)], [])]),
    ("pools", [.sum([.maxPool(Pooling(kernel: 3, stride: 1, padding: 1))], [conv(4)]), .relu]),
    (
      "fused pool",
      [.sum([conv(4), .relu, .maxPool(Pooling(kernel: 3, stride: 1, padding: 1))], [])]
    ),
  ]

  private static func network(_ operations: [Operation], first: [Operation] = [conv(4), .relu])
    -> NetworkDefinition
  {
    NetworkDefinition(
      input: Shape(channels: 2, height: 5, width: 4),
      layers: [
        LayerDefinition(name: "stem", operations: first),
        LayerDefinition(name: "block", operations: operations),
        LayerDefinition(name: "scores", operations: [.dense(Dense(units: .count(3)))]),
      ])
  }

  private let images = 5
  private let solver = SolverDefinition(
    batch: 5, length: .iterations(1), rule: .momentum(0), decay: 0, rate: RateSchedule(start: 1))

  private func weights(_ network: NetworkDefinition) throws -> Weights {
    Weights(
      try network.parameters().enumerated().map { index, parameter in
        var values = someValues(parameter.count, seed: UInt64(index + 3))
        if parameter.name.hasSuffix("running_var") { values = values.map { 1.5 + $0 } }
        return Tensor(name: parameter.name, shape: parameter.shape, values: values)
      })
  }

  /// All rates 1, so that the momentum is the gradient.
  private func net(
    _ network: NetworkDefinition, _ verbs: [LayerVerb] = [.initialize, .initialize, .initialize],
    threads: Int = 2, separatesLayers: Bool = false
  ) throws -> Net {
    let treatments = zip(network.layers, verbs).map { LayerTreatment(layer: $0.name, verb: $1) }
    let net = try Net(
      network, for: .training(treatments, solver, stream: RandomStream(seed: 0)),
      maximumBatch: images, threads: threads, separatesLayers: separatesLayers)
    try net.load(weights(network))
    return net
  }

  private func check(
    _ network: NetworkDefinition, _ net: Net, name: String
  ) throws {
    let naive = try NaiveNetwork(network)
    let input = someValues(images * network.input.count, seed: 2)
    let labels = (0..<images).map { Int32($0 % 3) }
    let parameters = try weights(network).tensors.map { $0.values.map(Double.init) }
    let x = input.map(Double.init)
    let expected = naive.outputs(x, parameters, training: false)
    #expect(relativeError(net.outputs(of: input), expected) < 1e-5, "\(name): scores")

    func loss(_ parameters: [[Double]]) -> Double {
      let scores = naive.outputs(x, parameters)
      return labels.enumerated().reduce(0) { sum, label in
        let own = scores[label.offset * 3..<label.offset * 3 + 3]
        let total = own.reduce(0) { $0 + ElementaryFunctions.exp($1) }
        return sum + (ElementaryFunctions.log(total) - own[own.startIndex + Int(label.element)]) / 5
      }
    }
    let result = net.step(images: input, labels: labels, rate: 1, iteration: 0)
    let before = loss(parameters)
    #expect((result.loss - before).magnitude < 1e-5 * max(1, before), "\(name): loss")
    let gradients = net.state("momentum")
    for (index, parameter) in try network.parameters().enumerated() {
      guard let gradient = gradients[parameter.name] else { continue }
      let step = 1e-5
      let numerical = parameters[index].indices.map { position -> Double in
        var (above, below) = (parameters, parameters)
        above[index][position] += step
        below[index][position] -= step
        return (loss(above) - loss(below)) / (2 * step) * parameter.rate
      }
      let scale = numerical.reduce(1e-3) { max($0, $1.magnitude) }
      let error = zip(gradient.values, numerical).reduce(0) {
        max($0, (Double($1.0) - $1.1).magnitude)
      }
      #expect(error / scale < 1e-3, "\(name): gradient of \(parameter.name)")
    }
  }

  @Test(arguments: blocks.indices) func pathsMeetTheirNaiveTwin(index: Int) throws {
    let (name, operations) = PathTests.blocks[index]
    let network = PathTests.network(operations)
    try check(network, net(network), name: name)
  }

  @Test(arguments: blocks.indices) func runLayerByLayerToo(index: Int) throws {
    let (name, operations) = PathTests.blocks[index]
    let network = PathTests.network(operations)
    try check(network, net(network, separatesLayers: true), name: name)
  }

  /// What layers share when they run together, such as gradients of paths, changes no bits.
  @Test(arguments: blocks.indices) func bitsDoNotDependOnRunningLayerByLayer(index: Int) throws {
    try checkBitsLayerByLayer(PathTests.blocks[index].operations)
  }

  /// Dropout, in place, changes the gradient that it reads, so that the other path needs its own.
  @Test func dropoutAtTheEndOfAPathLeavesTheOtherGradient() throws {
    try checkBitsLayerByLayer([.sum([PathTests.conv(4), .dropout(0.5)], [])])
  }

  private func checkBitsLayerByLayer(_ operations: [Operation]) throws {
    let network = PathTests.network(operations)
    let input = someValues(images * network.input.count, seed: 2)
    let weights = try [false, true].map { separatesLayers in
      let net = try net(network, separatesLayers: separatesLayers)
      _ = net.step(images: input, labels: [0, 1, 2, 0, 1], rate: 0.1, iteration: 0)
      return net.weights()
    }
    #expect(weights[0].hasSameBits(as: weights[1]))
  }

  /// Nothing below the block learns, so its input has no gradient.
  @Test(arguments: blocks.indices) func aboveAFrozenStem(index: Int) throws {
    let (name, operations) = PathTests.blocks[index]
    let network = PathTests.network(operations)
    try check(network, net(network, [.freeze, .initialize, .initialize]), name: name)
  }

  @Test(arguments: blocks.indices) func bitsDoNotDependOnThreads(index: Int) throws {
    let network = PathTests.network(PathTests.blocks[index].operations)
    let input = someValues(images * network.input.count, seed: 2)
    let weights = try (1...3).map { threads in
      let net = try net(network, threads: threads)
      _ = net.step(images: input, labels: [0, 1, 2, 0, 1], rate: 0.1, iteration: 0)
      _ = net.step(images: input, labels: [0, 1, 2, 0, 1], rate: 0.1, iteration: 1)
      return net.weights()
    }
    #expect(weights[0].hasSameBits(as: weights[1]) && weights[0].hasSameBits(as: weights[2]))
  }

  /// Two nets, one after the other, give the bits of one.
  @Test(arguments: blocks.indices) func prefixesMeetTheWhole(index: Int) throws {
    let network = PathTests.network(PathTests.blocks[index].operations)
    let input = someValues(images * network.input.count, seed: 2)
    let weights = try weights(network)
    func outputs(_ images: [Float], _ operations: Range<Int>) throws -> [Float] {
      let net = try Net(
        network, for: .inference, maximumBatch: self.images, threads: 2, operations: operations)
      try net.load(weights)
      return net.outputs(of: images)
    }
    let whole = try outputs(input, 0..<network.operationCount)
    for cut in 1..<network.operationCount {
      let below = try outputs(input, 0..<cut)
      #expect(sameBits(try outputs(below, cut..<network.operationCount), whole), "cut at \(cut)")
    }
  }
}
