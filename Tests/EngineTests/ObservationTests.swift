import Basics
import Definitions
import Engine
import Testing

/// Activations that a network hands out on the way.
@Suite struct ObservationTests {
  /// A block with paths, whose last operation overwrites its input where it may.
  private static let paths = NetworkDefinition(
    input: Shape(channels: 3, height: 6, width: 5),
    layers: [
      LayerDefinition(
        name: "stem",
        operations: [.convolution(Convolution(filters: 4, kernel: 3, padding: 1)), .relu]),
      LayerDefinition(
        name: "block",
        operations: [
          .sum(
            [
              .convolution(Convolution(filters: 4, kernel: 3, padding: 1)), .batchNorm(BatchNorm()),
              .relu,
            ], []), .relu,
        ]),
      // Begins with operations that work in place, and one that would be fused.
      LayerDefinition(
        name: "late",
        operations: [
          .relu, .maxPool(Pooling(kernel: 2, stride: 2)), .tanh, .dropout(0.5),
          .convolution(Convolution(filters: 2, kernel: 1)),
        ]),
      LayerDefinition(name: "scores", operations: [.tanh, .dense(Dense(units: .count(3)))]),
    ])

  private static func weights(_ network: NetworkDefinition) throws -> Weights {
    try Weights.initial(for: network, stream: RandomStream(seed: 3))
  }

  /// The activations after each layer are those of a net that ends there, bit for bit, and so are the scores.
  @Test(arguments: [1, 2, 3]) func areThoseOfTheNetThatEndsThere(threads: Int) throws {
    for network in [SmallNetwork.everything, Self.paths] {
      let weights = try Self.weights(network)
      let layers = try network.observed(network.layers.map(\.name))
      let net = try Net(
        network, for: .observation(after: layers.map(\.operation)), maximumBatch: 7,
        threads: threads)
      try net.load(weights)
      let plain = try Net(network, for: .inference, maximumBatch: 7, threads: 1)
      try plain.load(weights)
      // A second batch, of another size, finds no trace of the first.
      for count in [7, 4] {
        let images = someValues(count * network.input.count, seed: UInt64(count))
        let found = net.activations(of: images)
        #expect(found.count == layers.count)
        for (values, layer) in zip(found, layers) {
          let part = try Net(
            network, for: .inference, maximumBatch: 7, threads: 1,
            operations: 0..<layer.operation + 1)
          try part.load(weights)
          #expect(part.outputShape == layer.shape)
          #expect(sameBits(values, part.outputs(of: images)), "after \(layer.name)")
        }
        #expect(sameBits(try #require(found.last), plain.outputs(of: images)))
        #expect(sameBits(net.outputs(of: images), plain.outputs(of: images)))
      }
    }
  }

  @Test func anyOperationsAndAnyOrder() throws {
    let network = Self.paths
    let weights = try Self.weights(network)
    let net = try Net(
      network, for: .observation(after: [5, 0, 5]), maximumBatch: 2, threads: 1)
    try net.load(weights)
    let images = someValues(2 * network.input.count, seed: 8)
    let found = net.activations(of: images)
    #expect(sameBits(found[0], found[2]) && !sameBits(found[0], found[1]))
    for (values, operation) in zip(found, [5, 0]) {
      let part = try Net(
        network, for: .inference, maximumBatch: 2, threads: 1, operations: 0..<operation + 1)
      try part.load(weights)
      #expect(sameBits(values, part.outputs(of: images)))
    }
    #expect(net.activations(of: []) == [[], [], []])
    let plain = try Net(network, for: .inference, maximumBatch: 2, threads: 1)
    #expect(plain.activations(of: images).isEmpty)
  }

  @Test func layersAreInTheNetworksOrder() throws {
    let layers = try Self.paths.observed(["scores", "stem"])
    #expect(layers.map(\.name) == ["stem", "scores"])
    #expect(layers.map(\.operation) == [1, 10])
    #expect(layers.map(\.shape.count) == [4 * 6 * 5, 3])
  }
}
