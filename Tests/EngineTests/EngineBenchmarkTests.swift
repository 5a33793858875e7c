import Basics
import Definitions
import Engine
import Testing

@Suite struct EngineBenchmarkTests {
  @Test func measuresEveryOperation() throws {
    let result = try EngineBenchmark.measure(
      SmallNetwork.everything, batch: 4, threads: 2, repetitions: 2)
    #expect(result.layers.map(\.operation).first == "conv")
    #expect(result.layers.count == 14)
    #expect(result.training.median > 0 && result.inference.median > 0)
    #expect(result.layers.allSatisfy { $0.forward > 0 && $0.inference > 0 })
  }

  @Test func frozenLayersHaveNoBackwardTime() throws {
    let result = try EngineBenchmark.measure(
      SmallNetwork.everything,
      layers: SmallNetwork.treatments([.freeze, .freeze, .freeze, .initialize]), batch: 4,
      threads: 1, repetitions: 1)
    #expect(result.layers.dropLast().allSatisfy { $0.backward == 0 })
    #expect(result.layers.last.map { $0.backward > 0 } == true)
  }

  @Test func provenanceNamesWhatDecidesBits() {
    let provenance = EngineProvenance.value
    #expect(provenance["numerics"] == .integer(NumericsRevision.engine))
    #expect(provenance["blas-core"] != nil)
  }
}
