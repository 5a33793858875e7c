import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Stages that repeat the outputs of earlier ones.
@Suite struct OriginalTests {
  private let disk = MemoryFileSystem()
  private let store: Store

  init() { store = Store(at: "store", fileSystem: disk) }

  private let first = Fingerprint(of: "first")
  private let second = Fingerprint(of: "second")
  private let third = Fingerprint(of: "third")

  /// Publishes a stage as a run does that has left open what depends on it.
  private func publish(
    _ name: String, _ content: String, kind: String = "prepare", started: Double,
    findsOriginal: Bool = true
  ) throws {
    var record = sampleRecord(name)
    record.kind = kind
    record.inputs = [:]
    record.started = started
    let workspace = try store.makeWorkspace()
    let file = workspace.appending("images")
    try disk.write(content, to: file)
    let holder = ClaimHolder(
      fingerprint: record.fingerprint, stage: name, pipeline: "p", run: "r", since: 0)
    guard case .granted(let claim) = try store.claim(for: holder) else {
      Issue.record("nobody else computes it")
      return
    }
    _ = try store.publish(
      record, files: ["images": file], holding: claim, findsOriginal: findsOriginal)
    try store.release(claim)
    try store.removeWorkspace(workspace)
  }

  @Test func theFirstStageWithTheSameOutputsIsTheOriginal() throws {
    try publish("first", "pixels", started: 1)
    try publish("other", "pixels", kind: "evaluate", started: 0)
    try publish("second", "pixels", started: 2)
    try publish("third", "pixels", started: 0.5)
    try publish("different", "other pixels", started: 4)
    #expect(try store.original(of: first) == first)
    #expect(try store.original(of: second) == first)
    #expect(try store.original(of: third) == first)
    #expect(try store.original(of: Fingerprint(of: "different")) == Fingerprint(of: "different"))
    #expect(try store.original(of: Fingerprint(of: "nothing")) == nil)
    #expect(try store.records(ofKind: "prepare").count == 4)
    // It stays so when the result is gone.
    try store.removeRecord(for: second)
    #expect(try store.original(of: second) == first)
  }

  @Test func stagesOfEarlierVersionsAreTheirOwnOriginals() throws {
    try publish("first", "pixels", started: 1, findsOriginal: false)
    try publish("second", "pixels", started: 2, findsOriginal: false)
    #expect(try store.original(of: second) == second)
    try publish("third", "pixels", started: 3)
    #expect(try store.original(of: third) == first)
    #expect(try store.original(of: second) == second)
  }

  @Test func damagedNotesAreDeterminedAgain() throws {
    try publish("first", "pixels", started: 1)
    try publish("second", "pixels", started: 2)
    let note = try #require(disk.files.keys.first { $0.contains("/originals/") })
    for position in try disk.read(FilePath(note)).indices {
      disk.damage(FilePath(note)) { $0[position] ^= 1 << UInt8(position % 8) }
      #expect(try store.original(of: second) == first, "\(position)")
      disk.damage(FilePath(note)) { $0[position] ^= 1 << UInt8(position % 8) }
    }
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    disk.damage(FilePath(note)) { $0[20] ^= 4 }
    #expect(try store.audit(isRepairing: true).findings.count == 1)
    #expect(disk.files[note] == nil)
  }

  @Test func cleaningForgetsThemWithTheirStages() throws {
    try publish("first", "pixels", started: 1)
    try publish("second", "pixels", started: 2)
    func cleaning(keeping wanted: Set<Fingerprint>) throws -> StoreCleaning {
      try store.cleaning(
        keeping: StoreRetention(wanted: wanted, age: nil, used: [], grace: 0), now: 1e12)
    }
    #expect(try cleaning(keeping: [first, second]).originals == [])
    let clean = try cleaning(keeping: [first])
    #expect(clean.originals == [second] && clean.records.map(\.fingerprint) == [second])
    #expect(try store.clean(clean, now: 1e12).isEmpty)
    #expect(try store.original(of: second) == nil && store.original(of: first) == first)
  }
}
