import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Tiny pipelines with a value changed, run by the program: each is done, or refused with a place, or fails for a
/// reason that only running it shows. None ends by a signal or hangs, and none that was planned fails for a reason
/// that the file had told.
@Suite struct RunFuzzTests {
  private static let count = Soak.count("CAMBIUM_RUN_FUZZ", usually: 40)
  private static let from = Soak.count("CAMBIUM_RUN_FUZZ_FROM", usually: 0)

  @Test func pipelinesThatAreChangedRun() throws {
    try withTemporaryFolder { folder in
      let folder = try RunFuzzFolder(folder)
      for (number, text) in RunFuzzBases.all.enumerated() {
        let outcome = try folder.run(text)
        #expect(outcome == .done, "pipeline \(number)")
      }
    }
  }

  @Test func changedPipelinesEndWell() throws {
    let kept = getenv("CAMBIUM_FUZZ_FOLDER").map { FilePath(String(cString: $0)) }
    var counts: [RunFuzzFolder.Outcome: Int] = [:]
    try withTemporaryFolder { path in
      let folder = try RunFuzzFolder(path)
      for seed in Self.from..<Self.from + Self.count {
        let base = RunFuzzBases.all[seed % RunFuzzBases.all.count]
        guard let text = RunMutator.changed(base, seed: seed) else { continue }
        let outcome = try folder.run(text)
        if case .complaint(let complaint) = outcome {
          Issue.record("seed \(seed): \(complaint)\n\(text)")
          if let kept {
            try LocalFileSystem().makeFolder(kept)
            try LocalFileSystem().write(text, to: kept.appending("run-\(seed).yaml"))
          }
        } else {
          counts[outcome, default: 0] += 1
        }
        // What earlier inputs made is reused, but does not pile up.
        if seed % 100 == 99 { try folder.removeStore() }
        if Self.count > 1000, seed % 500 == 499 { print("\(seed + 1): \(counts)") }
      }
    }
    // Most would say little if hardly any got past the reader.
    #expect((Self.count - counts[.refused, default: 0]) * 8 >= Self.count, "\(counts)")
    #expect(counts[.refused, default: 0] > 0, "\(counts)")
  }
}
