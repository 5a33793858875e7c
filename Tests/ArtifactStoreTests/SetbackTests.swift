import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// What a store remembers of stages that have no result.
@Suite struct SetbackTests {
  private let failure = PastFailure(
    run: "r", time: 12, cause: .outOfSpace, messages: ["no space left"])

  @Test func aSetbackIsRememberedUntilThereIsAResult() throws {
    try withStore { store, folder in
      let stage = Fingerprint(of: "stage")
      #expect(try !store.hasSetbacks)
      #expect(store.setback(of: stage) == nil)
      try store.note(.failed(failure), of: stage)
      #expect(try store.hasSetbacks)
      #expect(store.setback(of: stage) == .failed(failure))
      #expect(store.setback(of: Fingerprint(of: "other")) == nil)
      try store.note(.damaged("it has changed"), of: stage)
      #expect(store.setback(of: stage) == .damaged("it has changed"))
      let file = folder.appending("out")
      try LocalFileSystem().write("x", to: file)
      _ = try store.publish(
        StageRecord(
          fingerprint: stage, stage: "s", pipeline: "p", kind: "train", revision: 1, settings: [:],
          inputs: [:], outputs: [:], metrics: [:], provenance: [:], started: 0, seconds: 1),
        files: ["out": file])
      #expect(store.setback(of: stage) == nil)
    }
  }

  @Test func damageIsRememberedWhereTheRecordIsSetAside() throws {
    try withStore { store, folder in
      let stage = Fingerprint(of: "stage")
      let file = folder.appending("out")
      try LocalFileSystem().write("content", to: file)
      let artifact = try store.publish(
        StageRecord(
          fingerprint: stage, stage: "s", pipeline: "p", kind: "train", revision: 1, settings: [:],
          inputs: [:], outputs: [:], metrics: [:], provenance: [:], started: 0, seconds: 1),
        files: ["out": file])
      let path = try #require(artifact.files["out"])
      try LocalFileSystem().remove(path)
      try LocalFileSystem().write("CONTENT", to: path)
      #expect(try store.audit(isRepairing: true).findings.count == 1)
      #expect(
        store.setback(of: stage) == .damaged("the content of its output 'out' has changed"))
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  @Test func whatIsNoSetbackIsNotBelieved() throws {
    try withStore { store, folder in
      let stage = Fingerprint(of: "stage")
      try store.note(.failed(failure), of: stage)
      let name = "\(stage.hexadecimal).json"
      let other = Fingerprint(of: "other")
      let setbacks = store.root.appending("setbacks")
      let files = LocalFileSystem()
      // Under another stage's name, and altered.
      try files.write(
        files.read(setbacks.appending(name)), to: setbacks.appending("\(other.hexadecimal).json"))
      #expect(store.setback(of: other) == nil)
      #expect(try store.audit(isRepairing: false).findings.count == 1)
      try files.write("{\"failed\": 3}", to: setbacks.appending(name))
      #expect(store.setback(of: stage) == nil)
      #expect(try store.audit(isRepairing: true).findings.count == 2)
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
      for value: Value in [[:], ["failed": [:]], ["damaged": 3], ["removed": "now"], "x"] {
        #expect(Setback(value) == nil)
      }
    }
  }

  @Test func cleaningForgetsWhatNothingWants() throws {
    try withStore { store, _ in
      let stage = Fingerprint(of: "stage"), kept = Fingerprint(of: "kept")
      try store.note(.failed(failure), of: stage)
      try store.note(.failed(failure), of: kept)
      let later = SystemTimeSource().now + 7200
      let all = StoreRetention(wanted: nil, age: nil, used: [])
      #expect(try store.cleaning(keeping: all, now: later).isEmpty)
      let some = StoreRetention(wanted: [kept], age: nil, used: [])
      let cleaning = try store.cleaning(keeping: some, now: later)
      #expect(cleaning.setbacks == [stage])
      #expect(try store.clean(cleaning, now: later).isEmpty)
      #expect(store.setback(of: stage) == nil)
      #expect(store.setback(of: kept) == .failed(failure))
    }
  }

  private func withStore(_ body: (Store, FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      try store.openForWriting()
      try body(store, folder)
    }
  }
}
