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
    5: [2: Recorded(fused: "1a92130294df4f00", plain: "911d4f7a89f48132")],
    6: [2: Recorded(fused: "6deb379b7b3d5231", plain: "84671f557e3dde64")],
  ]
  private static let small32: [Int: Recorded] = [
    1: Recorded(fused: "d1ec6e8cfd5c51cf", plain: "01cff722e8859fe6")
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
}
