import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Damaged notes are ignored and do no harm.
@Suite struct NoteTests {
  private let files = MemoryFileSystem()
  private let store: Store
  private let source = OutsideSource(kind: .dataset, pipeline: "p", path: "d")

  init() throws {
    store = Store(at: "store", fileSystem: files)
    try store.setInspection(["size": 3], for: "key")
    try store.setLatest(Fingerprint(of: "1"), of: "stage", in: "p")
    try store.remember(["classes": 2], of: source)
  }

  private var notes: [FilePath] {
    files.files.keys.filter { $0.contains("/inspections/") || $0.contains("/latest/") }.sorted()
      .map { FilePath($0) }
  }

  private func latest() throws -> Fingerprint? {
    try store.latestRuns(of: "p").fingerprint(of: "stage")
  }

  @Test func aDamagedNoteCountsAsNone() throws {
    let right = files.files
    #expect(notes.count == 3)
    for path in notes {
      let length = try files.read(path).count
      for position in 0..<length {
        files.damage(path) { $0[position] ^= 1 << UInt8(position % 8) }
        let known = [
          store.inspection(for: "key") == ["size": 3], store.remembered(source) == ["classes": 2],
          try latest() == Fingerprint(of: "1"),
        ]
        #expect(known.count { $0 } == 2, "\(path) \(position)")
        files.damage(path) { $0 = right[path.string]! }
      }
    }
  }

  @Test func damagedNotesAreFoundAndSetAside() throws {
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    for path in notes { files.damage(path) { $0[20] ^= 4 } }
    let found = try store.audit(isRepairing: true)
    #expect(found.findings.count == 3 && found.notes == 4)
    #expect(found.findings.allSatisfy { $0.damage == "it has changed since it was written" })
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    #expect(notes.isEmpty && store.inspection(for: "key") == nil)
  }

  @Test func aNoteInAnothersPlaceIsFound() throws {
    let latest = notes.filter { $0.string.contains("/latest/") }
    let inspection = try files.read(notes.first { $0.string.contains("/inspections/") }!)
    files.damage(latest[0]) { $0 = inspection }
    #expect(try self.latest() == nil)
    #expect(
      try store.audit(isRepairing: true).findings.map(\.damage) == ["it belongs to another place"])
  }

  @Test func notesOfEarlyVersionsAreRead() throws {
    let fingerprint = Fingerprint(of: "old").hexadecimal
    for path in notes {
      let old: Value =
        path.string.contains("/latest/")
        ? ["format": 1, "pipeline": "p", "stage": "stage", "fingerprint": .string(fingerprint)]
        : ["format": 1, "key": "key", "value": ["size": 4]]
      files.damage(path) { $0 = Array(old.json().utf8) }
    }
    #expect(try latest() == Fingerprint(of: "old"))
    // A plan would rely on it, and nothing would tell if a bit of it had changed.
    #expect(store.inspection(for: "key") == nil)
    try store.setInspection(["size": 3], for: "key")
    #expect(store.inspection(for: "key") == ["size": 3])
    let key = #"imported dataset ["p","d"]"#
    try store.setInspection(["classes": 5], for: key)
    #expect(store.remembered(source) == ["classes": 5])
    // What may be gone is remembered from then, too.
    let early: Value = ["format": 1, "key": .string(key), "value": ["classes": 6]]
    let path = try #require(files.files.keys.first { $0.contains("/imported_dataset") })
    files.damage(FilePath(path)) { $0 = Array(early.json().utf8) }
    #expect(store.remembered(source) == ["classes": 6])
  }

  @Test func whatStandsThereIsNotWrittenAgain() throws {
    let steps = files.steps
    try store.setInspection(["size": 3], for: "key")
    try store.setLatest(Fingerprint(of: "1"), of: "stage", in: "p")
    #expect(files.steps == steps)
    files.damage(notes[0]) { $0[3] ^= 1 }
    files.damage(notes[1]) { $0[3] ^= 1 }
    try store.setInspection(["size": 3], for: "key")
    try store.remember(["classes": 2], of: source)
    #expect(store.inspection(for: "key") == ["size": 3])
    #expect(store.remembered(source) == ["classes": 2])
  }

  /// Simulates a disk with unreadable blocks, as far as a test can.
  @Test func whatCannotBeReadIsSetAsideAndReplaced() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      let store = Store(at: folder.appending("store"))
      let artifact = try store.publish(sampleRecord(), texts: ["a": "x", "b": "y"], on: files)
      let object = try #require(artifact.record.outputs["a"])
      func replaceByFolder(_ path: FilePath) throws {
        try files.remove(path)
        try files.makeFolder(path.appending("x"))
      }
      try replaceByFolder(store.objectPath(object.digest))
      let fingerprint = artifact.record.fingerprint
      let damage = ArtifactDamage.outputUnreadable("a", "it is not a file")
      #expect(try store.outputs(for: fingerprint).damage == damage)
      #expect(try store.artifact(for: fingerprint).damage == damage)
      #expect(try store.verify(artifact.record) == [damage])
      try store.setAside(damage, of: fingerprint)
      #expect(try store.outputs(for: fingerprint).damage == .outputMissing("a"))
      // Without being set aside first, too.
      try replaceByFolder(store.objectPath(object.digest))
      try replaceByFolder(store.recordPath(fingerprint))
      try store.setLatest(fingerprint, of: "s", in: "p")
      let latest = store.root.appending("latest")
      let folder = latest.appending(try files.names(in: latest)[0])
      try replaceByFolder(folder.appending(try files.names(in: folder)[0]))
      #expect(try store.record(for: fingerprint).damage != nil)
      #expect(try store.outputs(for: fingerprint).damage != nil)
      #expect(try store.audit(isRepairing: false).findings.count == 3)
      #expect(try store.latestRuns(of: "p").fingerprint(of: "s") == nil)
      try store.setLatest(fingerprint, of: "s", in: "p")
      let again = try store.publish(sampleRecord(), texts: ["a": "x", "b": "y"], on: files)
      #expect(try store.verify(again.record).isEmpty)
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }
}
