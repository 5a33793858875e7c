import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct CrashTests {
  private let old = ["weights": "old weights", "log": "same"]
  private let new = ["weights": "new weights, longer", "log": "same"]

  /// A disk with one finished stage, and its store.
  private func diskWithOldState() throws -> (MemoryFileSystem, Store) {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    try store.publish(sampleRecord(), texts: old, on: files)
    return (files, store)
  }

  /// Publishes the new state with a fault at each step in turn, and examines the result.
  private func atEachStep(
    _ fault: (Int) -> MemoryFileSystem.Fault, _ check: (MemoryFileSystem) throws -> Void
  ) throws {
    var step = 0
    while true {
      let (files, store) = try diskWithOldState()
      let before = files.steps
      files.setFault(fault(before + 1 + step))
      do {
        try store.publish(sampleRecord(), texts: new, on: files)
        if files.steps <= before + step {
          // There was no further step to fail at.
          #expect(step >= 10)
          return
        }
        // Another way was found.
        try check(files)
      } catch is DiagnosticError {
        try check(files)
      }
      step += 1
    }
  }

  private func expectOldOrNew(on files: MemoryFileSystem) throws {
    let store = Store(at: "store", fileSystem: files)
    let artifact = try #require(
      try store.artifact(for: sampleRecord().fingerprint).content)
    #expect(try store.verify(artifact.record).isEmpty)
    let texts = try artifact.files.mapValues {
      String(decoding: try files.read($0), as: UTF8.self)
    }
    #expect(texts == old || texts == new)
    #expect(try store.recordedStages() == [sampleRecord().fingerprint])
    // The disk is repaired: the next run succeeds.
    try store.openForWriting()
    try store.publish(sampleRecord(), texts: new, on: files)
    #expect(
      try store.artifact(for: sampleRecord().fingerprint).content?.record.outputs["weights"]?.digest
        == Fingerprint(of: new["weights"]!))
  }

  @Test func crashAtAnyInstantLeavesOldOrNew() throws {
    try atEachStep({ .crash(at: $0) }) { files in
      for losingNames in [false, true] {
        try expectOldOrNew(on: files.afterCrash(losingNames: losingNames))
      }
    }
  }

  @Test func diskThatFillsUpAtAnyInstantLeavesOldOrNew() throws {
    try atEachStep({ .from($0, .noSpace) }) { files in
      files.setFault(nil)
      try expectOldOrNew(on: files)
    }
  }

  @Test func oneFailingStepLeavesOldOrNew() throws {
    try atEachStep({ .once(at: $0, .ioError) }) { try expectOldOrNew(on: $0) }
  }

  @Test func fullDiskIsTold() throws {
    let (files, store) = try diskWithOldState()
    files.setFault(.from(files.steps + 1, .noSpace))
    #expect { try store.setInspection("x", for: "key") } throws: {
      "\($0)".hasPrefix(
        "error: cannot create folder 'store/inspections': No space left on device\n  note: free some space"
      )
    }
  }

  @Test func crashWhileAStoreIsCleanedLeavesNoResultWithoutItsFiles() throws {
    // Long after everything was written.
    let now = 1e9
    var step = 1
    while true {
      let (files, store) = try diskWithOldState()
      let retention = StoreRetention(wanted: [], age: nil, used: [])
      let cleaning = try store.cleaning(keeping: retention, now: now)
      try #require(cleaning.records.count == 1 && cleaning.objects.count == 2)
      files.setFault(.crash(at: files.steps + step))
      let isDone = (try? store.clean(cleaning, now: now))?.isEmpty == true
      for losingNames in [false, true] {
        let after = files.afterCrash(losingNames: losingNames)
        #expect(try Store(at: "store", fileSystem: after).audit(isRepairing: false).findings == [])
      }
      if isDone { break }
      step += 1
    }
    #expect(step > 8)
  }

  @Test func crashWhileAStoreIsCreatedDoesNotSpoilIt() throws {
    var step = 1
    while true {
      let files = MemoryFileSystem()
      files.setFault(.crash(at: step))
      if (try? Store(at: "a/store", fileSystem: files).openForWriting()) != nil { break }
      let after = files.afterCrash()
      let store = Store(at: "a/store", fileSystem: after)
      try store.openForWriting()
      try store.publish(sampleRecord(), texts: old, on: after)
      #expect(try store.recordedStages().count == 1)
      step += 1
    }
    #expect(step > 8)
  }
}
