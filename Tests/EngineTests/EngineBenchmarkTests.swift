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

  @Test func provenanceNamesWhatDecidesBits() throws {
    let provenance = try ProcessorDevice().provenance()
    #expect(provenance["numerics"] == .integer(NumericsRevision.engine))
    #expect(provenance["blas-core"] != nil)
  }
}
