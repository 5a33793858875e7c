import Basics
import Definitions
import Engine
import Testing

@Suite struct EngineBenchmarkTests {
  @Test func measuresEveryOperation() throws {
    let result = try EngineBenchmark.measure(
      SmallNetwork.everything, batch: 4, threads: 2, repetitions: 2)
    #expect(result.training.median > 0 && result.inference.median > 0)
    #expect(result.layers.isEmpty)
    let layers = try EngineBenchmark.layerTimes(
      SmallNetwork.everything, batch: 4, threads: 2, repetitions: 2)
    #expect(layers.map(\.operation).first == "conv")
    #expect(layers.count == 14)
    #expect(layers[0].name == layers[0].layer)
    #expect(layers.filter { $0.operation == "relu" }.allSatisfy { $0.name == nil })
    #expect(layers.allSatisfy { $0.forward > 0 && $0.inference > 0 })
  }

  @Test func frozenLayersHaveNoBackwardTime() throws {
    let layers = try EngineBenchmark.layerTimes(
      SmallNetwork.everything,
      layers: SmallNetwork.treatments([.freeze, .freeze, .freeze, .initialize]), batch: 4,
      threads: 1, repetitions: 1)
    #expect(layers.dropLast().allSatisfy { $0.backward == 0 })
    #expect(layers.last.map { $0.backward > 0 } == true)
  }

  /// What `cambium bench` measured as the peak, in MB.
  @Test(arguments: [
    ("resnet18", 32, 1000, 807), ("resnet50", 16, 1000, 1634), ("mobilenet-v2", 32, 1000, 1108),
  ])
  func memoryIsEstimatedNearWhatWasMeasured(
    name: String, batch: Int, classes: Int, measured: Int
  ) throws {
    let network = try StandardNetworks.withoutDropout(name, classes: classes)
    let bytes = try network.memory(
      network.layers.map { _ in .learning }, learning: LearningMemory(state: 1), batch: batch)
    let ratio = Double(bytes) / Double(measured * 1_000_000)
    #expect((0.95...1.3).contains(ratio), "\(bytes / 1_000_000) MB")
  }

  @Test func provenanceNamesWhatDecidesBits() throws {
    let provenance = try ProcessorDevice().provenance()
    #expect(provenance["numerics"] == .integer(NumericsRevision.engine))
    #expect(provenance["blas-core"] != nil)
  }
}
