import Definitions
import Testing

@Suite struct TrainingCostTests {
  private let network = caffeNet()

  @Test func frozenLayersSpareTheirGradients() throws {
    let costs = try network.costs().map(\.flops)
    let forward = costs.reduce(0, +)
    func flops(frozen: Int) throws -> Int {
      try network.trainingFlops(costs.indices.map { $0 < frozen ? .frozen : .learning })
    }
    #expect(try flops(frozen: 0) == 3 * forward - costs[0])
    // The lowest learning layer's input needs no gradient.
    #expect(
      try flops(frozen: 3) == forward + 2 * costs[3...].reduce(0, +) - costs[3])
    #expect(try flops(frozen: costs.count) == forward)
  }

  /// `cambium bench pipelines/networks/caffenet.yaml --batch 64` measured 1,308 MB.
  @Test func memoryIsNearWhatWasMeasured() throws {
    let bytes = try network.memory(network.layers.map { _ in .learning }, batch: 64)
    #expect((1_150_000_000..<1_450_000_000).contains(bytes), "\(bytes)")
    #expect(try network.memory([], batch: 64) < bytes)
  }
}
