import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct StoreTests {
  private let files = MemoryFileSystem()
  private let store: Store

  init() { store = Store(at: "/here/.cambium", fileSystem: files) }

  @Test func readingAnAbsentStoreFindsNothingAndCreatesNothing() throws {
    let fingerprint = Fingerprint(of: "x")
    try store.checkFormat()
    #expect(try store.recordedStages().isEmpty)
    #expect(try store.record(for: fingerprint).isAbsent)
    #expect(try store.artifact(for: fingerprint).isAbsent)
    #expect(try store.latestRuns(of: "p").fingerprint(of: "s") == nil)
    #expect(store.inspection(for: "key") == nil)
    #expect(files.steps == 0)
  }

  @Test func aStoreThatCannotBeWrittenSaysSo() throws {
    files.setFault(.from(1, .permissionDenied))
    #expect { try store.openForWriting() } throws: {
      "\($0)" == "error: cannot create folder '/here/.cambium': Permission denied"
    }
    #expect(throws: DiagnosticError.self) {
      try store.setLatest(Fingerprint(of: "x"), of: "s", in: "p")
    }
  }

  @Test func aReadOnlyStoreCanBeRead() throws {
    let artifact = try store.publish(sampleRecord(), texts: ["a": "x"], on: files)
    files.setFault(.from(1, .readOnlyFileSystem))
    #expect(try store.recordedStages().contains(artifact.record.fingerprint))
    #expect(try store.artifact(for: artifact.record.fingerprint).content?.record == artifact.record)
  }

  @Test func aStoreOfAnotherFormatIsRefused() throws {
    try store.openForWriting()
    try files.write(#"{"format":2}"#, to: "/here/.cambium/store.json")
    let message =
      "error: the store '/here/.cambium' has format 2, but this program reads format 1; "
      + "name another folder with --store"
    #expect { try store.recordedStages() } throws: { "\($0)" == message }
    #expect { try store.openForWriting() } throws: { "\($0)" == message }
  }

  @Test func aStoreThatDoesNotTellItsFormatIsWrittenAnew() throws {
    let path: FilePath = "/here/.cambium/store.json"
    try store.openForWriting()
    let right = try files.read(path)
    for position in right.indices.dropLast() {
      files.damage(path) { $0[position] ^= 1 << UInt8(position % 8) }
      try store.checkFormat()
      let audit = try store.audit(isRepairing: true)
      #expect(audit.findings.map(\.what) == ["store.json"], "\(position)")
      #expect(try files.read(path) == right)
    }
    files.damage(path) { $0 = [] }
    try store.openForWriting()
    #expect(try files.read(path) == right)
    // Early versions wrote no digest, so the records decide.
    try files.write(#"{"format":1}"#, to: path)
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    try files.write(#"{"format":3}"#, to: path)
    #expect(throws: DiagnosticError.self) { try store.audit(isRepairing: true) }
    try store.publish(sampleRecord(), texts: [:], on: files)
    #expect(throws: DiagnosticError.self) { try store.checkFormat() }
    #expect(try store.audit(isRepairing: true).findings.map(\.what) == ["store.json"])
    try store.checkFormat()
  }

  @Test func aStoreKeepsItselfOutOfVersionControl() throws {
    try store.openForWriting()
    #expect(try files.read("/here/.cambium/.gitignore") == Array("*\n".utf8))
  }

  @Test func recordsAreListedAndNothingElse() throws {
    let names = (0..<40).map { "stage \($0)" }
    for name in names { try store.publish(sampleRecord(name), texts: [:], on: files) }
    let folder = store.recordPath(Fingerprint(of: names[0])).removingLastComponent()
    for stray in [".x1.tmp", "notes.json", "README"] {
      try files.write("x", to: folder.appending(stray))
    }
    let recorded = try store.recordedStages()
    #expect(recorded == Set(names.map { Fingerprint(of: $0) }))
    #expect(!recorded.contains(Fingerprint(of: "stage 40")))
  }

  @Test func logsGrow() throws {
    try store.appendToLog("run.jsonl", "one\n")
    let path = try store.appendToLog("run.jsonl", "two\n")
    #expect(path == "/here/.cambium/logs/run.jsonl")
    #expect(try files.read(path) == Array("one\ntwo\n".utf8))
  }
}

@Suite struct LatestRunsTests {
  private let files = MemoryFileSystem()
  private let store: Store

  init() { store = Store(at: "store", fileSystem: files) }

  @Test(arguments: [
    "base-A", "A3B+", "../../etc/passwd", ".", "", "a/b", "é", "e\u{301}", "ключ", "a\u{0}b",
    String(repeating: "long ", count: 100), "CON", "a~b",
  ])
  func anyNameIsRemembered(_ name: String) throws {
    let fingerprint = Fingerprint(of: "1")
    try store.setLatest(fingerprint, of: name, in: name)
    #expect(try store.latestRuns(of: name).fingerprint(of: name) == fingerprint)
    #expect(files.files.keys.allSatisfy { $0.hasPrefix("store/") && $0.utf8.count < 200 })
  }

  @Test func likeNamesAreToldApart() throws {
    let names = [
      "a b", "a_b", "a/b", "A B", String(repeating: "x", count: 90),
      String(repeating: "x", count: 91),
    ]
    for name in names { try store.setLatest(Fingerprint(of: name), of: name, in: "p") }
    let latest = try store.latestRuns(of: "p")
    for name in names { #expect(latest.fingerprint(of: name) == Fingerprint(of: name)) }
    #expect(latest.fingerprint(of: "other") == nil)
  }

  @Test func theLatestCounts() throws {
    for text in ["1", "2", "3"] { try store.setLatest(Fingerprint(of: text), of: "s", in: "p") }
    #expect(try store.latestRuns(of: "p").fingerprint(of: "s") == Fingerprint(of: "3"))
  }

  @Test func pipelinesDoNotMix() throws {
    try store.setLatest(Fingerprint(of: "1"), of: "s", in: "p")
    #expect(try store.latestRuns(of: "q").fingerprint(of: "s") == nil)
  }

  @Test func noChangeWritesNothing() throws {
    try store.setLatest(Fingerprint(of: "1"), of: "s", in: "p")
    let steps = files.steps
    try store.setLatest(Fingerprint(of: "1"), of: "s", in: "p")
    #expect(files.steps == steps)
  }

  @Test func whatCannotBeReadIsForgotten() throws {
    try store.setLatest(Fingerprint(of: "1"), of: "s", in: "p")
    let path = try #require(files.files.keys.first { $0.contains("/latest/") })
    for text in ["", "{", #"{"format":2}"#, "[]"] {
      try files.write(text, to: FilePath(path))
      #expect(try store.latestRuns(of: "p").fingerprint(of: "s") == nil)
    }
    try store.setLatest(Fingerprint(of: "2"), of: "s", in: "p")
    #expect(try store.latestRuns(of: "p").fingerprint(of: "s") == Fingerprint(of: "2"))
  }
}

@Suite struct InspectionTests {
  @Test func valuesAreKeptUnderTheirKey() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    try store.setInspection(["size": 3], for: "/data/a")
    try store.setInspection(["size": 4], for: "/data/b")
    try store.setInspection(["size": 5], for: "/data/b")
    #expect(store.inspection(for: "/data/a") == ["size": 3])
    #expect(store.inspection(for: "/data/b") == ["size": 5])
    for path in files.files.keys where path.contains("/inspections/") {
      files.damage(FilePath(path)) { $0.removeLast(5) }
    }
    #expect(store.inspection(for: "/data/a") == nil)
  }
}

@Suite struct WorkspaceTests {
  private let files = MemoryFileSystem()
  private let store: Store

  init() { store = Store(at: "store", fileSystem: files) }

  @Test func workspacesAreNewAndEmpty() throws {
    let workspaces = try (0..<20).map { _ in try store.makeWorkspace() }
    #expect(Set(workspaces).count == 20)
    for workspace in workspaces { #expect(try files.names(in: workspace).isEmpty) }
    try files.write("x", to: workspaces[0].appending("file"))
    try store.removeWorkspace(workspaces[0])
    #expect(try files.names(in: "store/tmp").count == 19)
  }

  @Test func workspacesOfTheDeadAreRemovedAndOthersKept() throws {
    let own = try #require(try store.makeWorkspace().lastComponent?.string)
    let parts = own.split(separator: "~").map(String.init)
    try #require(parts.count == 4)
    let (host, process, start) = (parts[0], parts[1], parts[2])
    let kept = [
      own, "another-host~1~5~a", "another-host~999999999~5~a", "something else", "\(host)~x~5~a",
    ]
    // No process has such a PID, and this process did not start at the first tick.
    let abandoned = ["\(host)~999999999~5~a", "\(host)~\(process)~1~a"]
    try #require(start != "1")
    for name in kept.dropFirst() + abandoned {
      try files.makeFolder(FilePath("store/tmp").appending(name))
      try files.write("x", to: FilePath("store/tmp").appending(name).appending("file"))
    }
    try store.openForWriting()
    #expect(Set(try files.names(in: "store/tmp")) == Set(kept))
  }
}
