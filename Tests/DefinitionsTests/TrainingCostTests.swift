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

  /// `cambium bench pipelines/networks/caffenet.yaml --batch 64` measured 1,083 MB.
  @Test func memoryIsNearWhatWasMeasured() throws {
    let bytes = try network.memory(
      network.layers.map { _ in .learning }, learning: LearningMemory(state: 1), batch: 64)
    #expect((900_000_000..<1_300_000_000).contains(bytes), "\(bytes)")
    #expect(try network.memory([], learning: nil, batch: 64) < bytes)
  }

  /// What a batch norm reads and gives is kept beside what the pooling after it gives: a training with four
  /// channels of 2054×2054 in front of the pooling, batch 16, took 6.8 GB at its peak, where 3.5 GB were expected
  /// without them.
  @Test func whatABatchNormReadsIsKept() throws {
    func memory(_ operations: [Operation]) throws -> Int {
      let network = NetworkDefinition(
        input: Shape(channels: 3, height: 64, width: 64),
        layers: [LayerDefinition(name: "conv", operations: operations)])
      return try network.memory([.learning], learning: LearningMemory(state: 1), batch: 16)
    }
    let convolution = Operation.convolution(Convolution(filters: 4, kernel: 3, padding: 1))
    let pool = Operation.maxPool(Pooling(kernel: 2, stride: 2))
    let floats = 16 * 4 * 64 * 64
    let more =
      try memory([convolution, .batchNorm(BatchNorm()), pool]) - memory([convolution, pool])
    // Twice an image's channels, and gradients of the larger maps; and the norm's own parameters.
    #expect((3 * floats * 4...4 * floats * 4 + 1_000).contains(more))
  }
}
