import Basics
import Definitions
import Engine
import Kernels
import Testing

/// Short training runs, to the last bit. A failure means that trained networks have changed, and cached results of
/// the old code would be mixed with results of the new: raise `NumericsRevision.engine` and record the new digests
/// under it.
///
/// None of these networks uses OpenBLAS, whose sums differ between processors. All levels with fused multiply-adds
/// agree.
@Suite(
  .enabled(
    if: KernelLevel.avx2.isSupported, "without AVX2 nothing is fused, and other bits come out")
)
struct GoldenBitsTests {
  /// Digests of the trained weights by revision: with and without fused multiply-adds.
  private struct Recorded {
    let fused: String
    let plain: String
  }

  private static let everything: [UInt64: [Int: Recorded]] = [
    5: [5: Recorded(fused: "71de795c547430aa", plain: "457537a2298c47ac")],
    6: [5: Recorded(fused: "ee670a0044a2a9d1", plain: "2f0ecaa2f91b8be8")],
  ]
  private static let small32: [Int: Recorded] = [
    7: Recorded(fused: "a9e4a9ec170ffecd", plain: "5c6870c0a6c52660")
  ]

  private static let blocks: [Int: Recorded] = [
    4: Recorded(fused: "58e66b5471819d8c", plain: "2d142d6294166f9b")
  ]

  private func expect(_ net: Net, _ recorded: [Int: Recorded], _ level: KernelLevel) throws {
    let record = try #require(
      recorded[net.network.revision], "nothing is recorded for this revision")
    let digest = Fingerprint(of: net.weights().safetensors).hexadecimal.prefix(16)
    #expect(digest == (level == .plain ? record.plain : record.fused))
  }

  @Test(arguments: [5, 6] as [UInt64], KernelLevel.supported)
  func everyKindOfLayer(seed: UInt64, level: KernelLevel) throws {
    let net = try SmallNetwork.net(level: level, seed: seed)
    SmallNetwork.train(net, steps: 0..<4, of: 4)
    try expect(net, try #require(GoldenBitsTests.everything[seed]), level)
  }

  @Test(arguments: KernelLevel.supported) func small32(level: KernelLevel) throws {
    let network = try StandardNetworks.withoutDropout("small32", classes: 10)
    let treatments = network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let net = try Net(
      network,
      for: .training(treatments, SmallNetwork.solver, stream: RandomStream(seed: 3)),
      maximumBatch: 8, threads: 2, level: level)
    try net.load(Weights.initial(for: network, stream: RandomStream(seed: 3)))
    for iteration in 0..<2 {
      _ = net.step(
        images: someValues(8 * network.input.count, seed: UInt64(iteration)),
        labels: (0..<8).map { Int32($0) }, rate: 0.01, iteration: iteration)
    }
    try expect(net, GoldenBitsTests.small32, level)
  }

  /// What networks of today are made of: strided filters, windows of one pixel, filters of one channel, sums.
  private static let ofBlocks: NetworkDefinition = {
    func conv(
      _ filters: Int, _ kernel: Int, stride: Int = 1, groups: Int = 1
    ) -> Definitions.Operation {
      .convolution(
        Convolution(
          filters: filters, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups,
          parameters: ParameterSettings(biases: nil)))
    }
    let norm = Definitions.Operation.batchNorm(BatchNorm())
    return NetworkDefinition(
      input: Shape(channels: 3, height: 31, width: 32),
      layers: [
        LayerDefinition(name: "stem", operations: [conv(16, 7, stride: 2), norm, .relu]),
        LayerDefinition(
          name: "residual",
          operations: [
            .sum(
              [conv(24, 3, stride: 2), norm, .relu, conv(24, 3), norm],
              [conv(24, 1, stride: 2), norm]), .relu,
          ]),
        LayerDefinition(
          name: "inverted",
          operations: [
            .sum(
              [
                conv(48, 1), norm, .relu6, conv(48, 3, groups: 48), norm, .relu6, conv(24, 1), norm,
              ],
              [])
          ]),
        LayerDefinition(
          name: "fc",
          operations: [.averagePool(size: 1), .dense(Dense(units: .count(3)))]),
      ])
  }()

  @Test(arguments: KernelLevel.supported) func blocks(level: KernelLevel) throws {
    let network = GoldenBitsTests.ofBlocks
    let treatments = network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let net = try Net(
      network,
      for: .training(treatments, SmallNetwork.solver, stream: RandomStream(seed: 3)),
      maximumBatch: 7, threads: 2, level: level)
    try net.load(Weights.initial(for: network, stream: RandomStream(seed: 3)))
    for iteration in 0..<3 {
      _ = net.step(
        images: someValues(7 * network.input.count, seed: UInt64(iteration)),
        labels: (0..<7).map { Int32($0 % 3) }, rate: 0.01, iteration: iteration)
    }
    try expect(net, GoldenBitsTests.blocks, level)
  }
}
