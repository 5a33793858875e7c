import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Changed archives of studies, records and notes are read, or refused with a diagnostic; whatever a store holds, it
/// can be repaired.
@Suite struct StoreFuzzTests {
  enum Kind: String, CaseIterable, Sendable { case studyArchive = "study-archive", store }

  /// A store with records, notes and objects.
  private static func filledStore() throws -> MemoryFileSystem {
    let disk = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: disk)
    try store.openForWriting()
    for name in ["base-A", "base-B"] {
      try store.publish(
        sampleRecord(name), texts: ["weights": "of \(name)", "log": "same"], on: disk)
      try store.setLatest(Fingerprint(of: name), of: name, in: "p")
    }
    try store.setInspection(["size": 3, "stamp": "12 34"], for: "key")
    try store.remember(["classes": 2], of: .init(kind: .dataset, pipeline: "p", path: "d"))
    // No states: repairing moves their folders, which this disk cannot.
    _ = try store.appendToLog("run", "{\"event\":\"run\",\"time\":1}\n")
    return disk
  }

  private static func fuzz(_ kind: Kind) throws -> ReaderFuzz {
    switch kind {
    case .studyArchive:
      var archive: [UInt8] = []
      try StudyFixture.inFolder { archive = try LocalFileSystem().read($0.archive) }
      return ReaderFuzz(kind.rawValue, ByteMutator([archive], mend: withRightStudy))
    case .store:
      // The last line says which file of the store it is.
      let samples = try filledStore().files.sorted { $0.key < $1.key }.map {
        $0.value + Array("\n\($0.key)".utf8)
      }
      return ReaderFuzz(
        kind.rawValue,
        ByteMutator(samples) { bytes in
          guard let (content, name) = split(bytes) else { return bytes }
          return withRightDigest(content) + Array("\n\(name)".utf8)
        })
    }
  }

  /// Where the list of contents is the first member, its digest and all headers are mended.
  private static func withRightStudy(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 1024 else { return bytes }
    var mended = bytes
    let start = Array("\n\"digest\":\"".utf8)
    let end = min(bytes.count - 80, 16_384)
    if end > 512,
      let line = (512..<end).last(where: { bytes[$0...].starts(with: start) })
    {
      let digest = Fingerprint(of: Array(bytes[512...line]))
      let place = line + start.count
      mended.replaceSubrange(place..<place + 64, with: digest.hexadecimal.utf8)
    }
    return withRightHeaders(mended)
  }

  private static func split(_ bytes: [UInt8]) -> (content: [UInt8], name: String)? {
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
    return (Array(bytes[..<end]), String(decoding: bytes[(end + 1)...], as: UTF8.self))
  }

  private static func read(_ kind: Kind, _ bytes: [UInt8], _ folder: FilePath) throws {
    switch kind {
    case .studyArchive:
      let path = folder.appending("study.tar")
      try LocalFileSystem().write(bytes, to: path)
      let disk = MemoryFileSystem()
      let store = Store(at: "other/store", fileSystem: disk)
      defer {
        for path in disk.files.keys where !path.hasPrefix("other/") {
          Issue.record("'\(path)' was written")
        }
      }
      _ = try store.take(StudyArchive(path), filesTo: "other")
      try look(into: store)
    case .store:
      guard let (content, name) = split(bytes) else { return }
      let disk = try filledStore()
      guard disk.files[name] != nil else { return }
      disk.damage(FilePath(name)) { $0 = content }
      let store = Store(at: "store", fileSystem: disk)
      do {
        try look(into: store)
      } catch is DiagnosticError {
        // What cannot be used as it is can be mended.
      }
      _ = try store.audit(isRepairing: true)
      try look(into: store)
      let left = try store.audit(isRepairing: false).findings
      if !left.isEmpty { throw Unmended(findings: "\(left)") }
    }
  }

  private struct Unmended: Error { var findings: String }

  private static func look(into store: Store) throws {
    try store.checkFormat()
    for fingerprint in try store.recordedStages() {
      if case .found(let record) = try store.record(for: fingerprint) {
        _ = try store.verify(record)
        _ = record.json()
      }
    }
    _ = try store.records()
    _ = try store.usage()
    _ = try store.cleaning(keeping: StoreRetention(wanted: nil, age: 1, used: []), now: 2e9)
    _ = try store.latestRuns(of: "p").fingerprint(of: "base-A")
    _ = store.inspection(for: "key")
    _ = store.remembered(.init(kind: .dataset, pipeline: "p", path: "d"))
    for checkpoint in try store.checkpoints(on: Fingerprint(of: "way")) {
      _ = try store.verified(checkpoint)
    }
    _ = try store.holders()
  }

  @Test(arguments: Kind.allCases)
  func changedFilesAreReadOrRefused(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      let complaints = try Self.fuzz(kind).complaints(0..<500) {
        try Self.read(kind, $0, folder)
      }
      #expect(complaints.isEmpty)
    }
  }

  @Test(
    .enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"),
    arguments: Kind.allCases)
  func changedFilesAreReadOrRefusedForALongTime(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      let complaints = try Self.fuzz(kind).complaintsOverTime { try Self.read(kind, $0, folder) }
      #expect(complaints.isEmpty)
    }
  }
}
