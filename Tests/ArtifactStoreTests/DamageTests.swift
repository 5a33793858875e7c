import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct DamageTests {
  private let files = MemoryFileSystem()
  private let store: Store
  private let artifact: StoredArtifact

  init() throws {
    store = Store(at: "store", fileSystem: files)
    artifact = try store.publish(
      sampleRecord(), texts: ["weights": "w w w w", "log": "l"], on: files)
  }

  private var fingerprint: Fingerprint { artifact.record.fingerprint }

  @Test func missingOutputIsNamed() throws {
    try files.remove(artifact.files["weights"]!)
    #expect(try store.artifact(for: fingerprint).damage == .outputMissing("weights"))
    #expect(try store.verify(artifact.record) == [.outputMissing("weights")])
    #expect(try store.outputs(for: fingerprint).damage == .outputMissing("weights"))
    #expect(try store.record(for: fingerprint).content == artifact.record)
  }

  @Test func aLookTellsWhatIsThere() throws {
    var probe = ArtifactProbe(store)
    #expect(probe.sight(of: fingerprint) == .complete)
    #expect(probe.sight(of: Fingerprint(of: "another")) == .absent)
    let path = store.recordPath(fingerprint)
    let whole = try files.read(path)
    // A plan sees any change of a record, as a run does.
    for position in whole.indices {
      for bit: UInt8 in [1, 2, 0x20, 0x80] {
        files.damage(path) { $0[position] ^= bit }
        let isUsable = try store.record(for: fingerprint).content != nil
        #expect(probe.sight(of: fingerprint) == .unclear || isUsable, "byte \(position)")
        #expect(try probe.outputs(for: fingerprint).content == nil || isUsable, "byte \(position)")
        files.damage(path) { $0 = whole }
      }
    }
    for length in whole.indices {
      files.damage(path) { $0 = Array(whole[..<length]) }
      #expect(probe.sight(of: fingerprint) == .unclear)
      #expect(try probe.outputs(for: fingerprint).content == nil)
    }
    files.damage(path) { $0 = whole }
    let other = store.recordPath(Fingerprint(of: "another"))
    try files.makeFolder(other.removingLastComponent())
    try files.write(whole, to: other)
    #expect(probe.sight(of: Fingerprint(of: "another")) == .unclear)
    files.damage(artifact.files["weights"]!) { $0.removeLast() }
    #expect(probe.sight(of: fingerprint) == .unclear)
    try files.remove(artifact.files["weights"]!)
    #expect(probe.sight(of: fingerprint) == .unclear)
  }

  @Test func aLookAtManyOutputsIsLeftToTheFullCheck() throws {
    let names = (0..<200).map { "output-\($0)" }
    let large = try store.publish(
      sampleRecord("large"), texts: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }),
      on: files)
    var probe = ArtifactProbe(store)
    #expect(probe.sight(of: large.record.fingerprint) == .unclear)
    #expect(try probe.outputs(for: large.record.fingerprint).content?.count == 200)
  }

  @Test func aLookAtALongRecordIsLeftToTheFullCheckToo() throws {
    var record = sampleRecord("long")
    record.metrics = .list((0..<8000).map(Value.integer))
    try store.publish(record, texts: ["log": "l"], on: files)
    var probe = ArtifactProbe(store)
    #expect(probe.sight(of: record.fingerprint) == .unclear)
    #expect(try probe.outputs(for: record.fingerprint).content?.count == 1)
    files.damage(store.recordPath(record.fingerprint)) { $0[$0.count - 100] ^= 1 }
    #expect(
      try probe.outputs(for: record.fingerprint).damage
        == .recordDamaged("its digest does not match"))
  }

  @Test func outputOfAnotherSizeIsNamed() throws {
    files.damage(artifact.files["weights"]!) { $0.removeLast() }
    let damage = ArtifactDamage.outputResized("weights", expected: 7, found: 6)
    #expect(try store.artifact(for: fingerprint).damage == damage)
    #expect(try store.verify(artifact.record) == [damage])
    #expect("\(damage)" == "its output 'weights' has 6 bytes instead of 7")
  }

  @Test func alteredContentIsFoundByVerifying() throws {
    files.damage(artifact.files["weights"]!) { $0[3] ^= 4 }
    #expect(try store.artifact(for: fingerprint).content != nil)
    #expect(try store.verify(artifact.record) == [.outputAltered("weights")])
  }

  @Test func everyCutRecordIsUnusable() throws {
    let path = store.recordPath(fingerprint)
    let whole = try files.read(path)
    // The last byte is the line break, which does not matter.
    for length in stride(from: 0, to: whole.count - 1, by: 7) {
      files.damage(path) { $0 = Array(whole[..<length]) }
      guard case .recordDamaged = try store.artifact(for: fingerprint).damage else {
        Issue.record("cut to \(length) bytes it was used")
        return
      }
    }
  }

  @Test func everyChangedByteOfARecordIsNoticed() throws {
    let path = store.recordPath(fingerprint)
    let whole = try files.read(path)
    for position in whole.indices.dropLast() {
      files.damage(path) { $0[position] ^= 2 }
      if let used = try store.record(for: fingerprint).content {
        // A few changes keep the meaning, such as another capital in a digest.
        #expect(used == artifact.record, "byte \(position)")
      }
      files.damage(path) { $0 = whole }
    }
    #expect(try store.record(for: fingerprint).content == artifact.record)
  }

  @Test func recordOfAnotherFormatIsNotRead() throws {
    try files.write(#"{"header": {"format": 7}, "any": []}"#, to: store.recordPath(fingerprint))
    #expect(try store.outputs(for: fingerprint).damage == .recordOfOtherFormat(7))
    #expect(try store.record(for: fingerprint).damage == .recordOfOtherFormat(7))
    #expect(try store.artifact(for: fingerprint).damage == .recordOfOtherFormat(7))
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"format":1}"#,
    #"{"header":{"format":1}}"#, "{\"header\":{\"format\":1},\n\"record\":{},\n\"digest\":\"\"}\n",
    "\u{0}",
  ])
  func otherContentIsNoRecord(_ text: String) throws {
    try files.write(text, to: store.recordPath(fingerprint))
    guard case .recordDamaged = try store.record(for: fingerprint).damage else {
      Issue.record("\(text) was read as a record")
      return
    }
  }

  @Test func aRecordInAnotherPlaceIsNotBelieved() throws {
    let other = Fingerprint(of: "other")
    let path = store.recordPath(other)
    try files.makeFolder(path.removingLastComponent())
    try files.write(files.read(store.recordPath(fingerprint)), to: path)
    #expect(
      try store.record(for: other).damage == .recordDamaged("it belongs to another stage"))
  }

  @Test func removedRecordsAreAbsentAndTheirObjectsStay() throws {
    try store.removeRecord(for: fingerprint)
    try store.removeRecord(for: fingerprint)
    #expect(try store.artifact(for: fingerprint).isAbsent)
    #expect(try store.verify(artifact.record).isEmpty)
  }
}
