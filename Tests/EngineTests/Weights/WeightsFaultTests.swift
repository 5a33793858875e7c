import Basics
import Engine
import SystemPackage
import TestSupport
import Testing

/// Weights on disks that fail in any call.
@Suite struct WeightsFaultTests {
  private let weights = Weights([
    Tensor(name: "a", shape: [200, 400], values: (0..<80_000).map(Float.init)),
    Tensor(name: "b", shape: [2], values: [1, 2]),
  ])

  @Test func writingEndsWithAClearErrorOrTheRightBytes() throws {
    var failures = 0
    let (calls, _) = try withEachFault { fault in
      let disk = MemoryFileSystem()
      let faulty = FaultyFileSystem(disk, fault)
      do {
        let digest = try weights.write(to: "w", on: faulty)
        #expect(try disk.read("w") == weights.safetensors, "\(fault)")
        #expect(try digest == disk.digest(of: "w"), "\(fault)")
      } catch let error as DiagnosticError {
        failures += 1
        #expect(!fault.isHarmless && "\(error)".contains("'w'"), "\(fault): \(error)")
        // The same again replaces what there is.
        try weights.write(to: "w", on: disk)
        #expect(try disk.read("w") == weights.safetensors, "again after \(fault)")
      }
      return faulty.calls
    }
    // Opening, the header, a tensor of two pieces, another, and closing.
    #expect(calls == 6 && failures > calls, "\(calls)")
  }

  @Test func readingEndsWithAClearErrorOrTheRightValues() throws {
    let disk = MemoryFileSystem()
    try weights.write(to: "w", on: disk)
    let (calls, _) = try withEachFault { fault in
      let faulty = FaultyFileSystem(disk, fault)
      do {
        #expect(try Weights(contentsOf: "w", on: faulty).hasSameBits(as: weights), "\(fault)")
        try withWeights(at: "w", on: faulty) { (file) throws in
          #expect(file.shapes == ["a": [200, 400], "b": [2]])
          #expect(try file.numbers(of: "a") == weights["a"]?.values, "\(fault)")
        }
      } catch let error as DiagnosticError {
        #expect(!fault.isHarmless && error.systemReason != nil, "\(fault): \(error)")
      }
      return faulty.calls
    }
    #expect(calls > 9)
  }
}
