import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// A real disk, in memory, that fills up in the middle of each kind of write.
@Suite(
  .serialized, .enabled(if: SmallDisk.isAllowed, "mounting a small file system is refused here"))
struct FullDiskTests {
  private let files = LocalFileSystem()
  private static let way = Fingerprint(of: "way")

  enum Kind: CaseIterable {
    case object, record, checkpoint, end, log, inspection, latest, claim, store
  }

  /// Longer than the few remaining pages.
  private static let long = String(repeating: "what does not fit ", count: 1200)

  private static func mark(_ iteration: Int) -> TrainingMark {
    TrainingMark(iteration: iteration, perEpoch: 5, rates: Fingerprint(of: "rates"))
  }

  /// Writes one item of a kind; `text` distinguishes it from earlier ones.
  private func write(_ kind: Kind, _ text: String, to store: Store) throws {
    var record = sampleRecord(kind == .record ? "record" : "object")
    switch kind {
    case .object:
      try publish(record, "\(text) \(Self.long)", to: store)
    case .record:
      record.metrics = ["text": .string("\(text) \(Self.long)")]
      try publish(record, "small", to: store)
    case .checkpoint:
      let folder = try store.makeWorkspace()
      defer { try? store.removeWorkspace(folder) }
      try files.append(Array("\(text) \(Self.long)".utf8), to: folder.appending("weights"))
      try store.keepCheckpoint(
        folder, at: Self.mark(text.utf8.count), of: "s", Fingerprint(of: "s"), on: Self.way)
    case .end:
      try store.noteFinished(
        Self.long, record.fingerprint, at: Self.mark(text.utf8.count), on: Self.way)
    case .log:
      // Each run has its own log, and stops writing it after a failure.
      try store.appendToLog(
        "\(text).jsonl", Value.map(["text": .string(Self.long)]).json() + "\n")
    case .inspection:
      try store.setInspection(.string("\(text) \(Self.long)"), for: "key")
    case .latest:
      try store.setLatest(Fingerprint(of: text), of: "\(Self.long)", in: "p")
    case .claim:
      let holder = ClaimHolder(
        fingerprint: Fingerprint(of: "claimed"), stage: "\(text) \(Self.long)", pipeline: "p",
        run: "r", since: 1)
      guard case .granted(let claim) = try store.claim(for: holder) else {
        throw DiagnosticError("somebody else has claimed the stage")
      }
      try store.release(claim)
    case .store:
      try Store(at: store.root.appending("another")).openForWriting()
    }
  }

  private func publish(_ record: StageRecord, _ text: String, to store: Store) throws {
    let workspace = try store.makeWorkspace()
    defer { try? store.removeWorkspace(workspace) }
    let path = workspace.appending("out")
    try files.append(Array(text.utf8), to: path)
    _ = try store.publish(record, files: ["text": path])
  }

  /// The readable state of a kind: the old item or the new one, never a part.
  private func state(_ kind: Kind, in store: Store) throws -> String? {
    switch kind {
    case .object, .record:
      let name = kind == .record ? "record" : "object"
      guard let artifact = try store.artifact(for: Fingerprint(of: name)).content else {
        return nil
      }
      return artifact.record.json() + artifact.record.outputs["text"]!.digest.hexadecimal
    case .checkpoint:
      guard let state = try store.checkpoints(on: Self.way).first else { return nil }
      return try store.verified(state) == nil ? "damaged" : "\(state.mark.iteration)"
    case .inspection: return store.inspection(for: "key")?.asString
    case .latest: return try store.latestRuns(of: "p").fingerprint(of: Self.long)?.hexadecimal
    case .claim: return try store.isFree(Fingerprint(of: "claimed")) ? nil : "held"
    case .end, .log, .store: return nil
    }
  }

  @Test(arguments: Kind.allCases)
  func aFullDiskIsToldLeavesOldOrNewAndIsGotOver(_ kind: Kind) throws {
    try SmallDisk.withDisk(kilobytes: 400) { disk in
      let store = Store(at: disk.folder.appending("store"))
      try write(.object, "first", to: store)
      try write(kind, "old", to: store)
      if kind == .store { try files.remove(store.root.appending("another")) }
      var failures = 0
      for pages in 0..<8 {
        let before = try state(kind, in: store)
        try disk.fill(leaving: pages * 4096)
        do throws(any Error) {
          try write(kind, "new \(pages)", to: store)
        } catch let error as DiagnosticError {
          failures += 1
          #expect("\(error)".contains("No space left on device"), "\(error)")
          #expect(try state(kind, in: store) == before)
        }
        #expect(try store.audit(isRepairing: false).findings.isEmpty)
        #expect(try files.names(in: store.root.appending("tmp")) == [])
        #expect(try files.names(in: store.root.appending("claims")) == [])
        try disk.clear()
        try write(kind, "newer, \(pages)", to: store)
        #expect(try store.audit(isRepairing: false).findings.isEmpty)
        if kind == .store { try files.remove(store.root.appending("another")) }
      }
      print("\(kind): \(failures) of 8 writes did not fit")
      #expect(failures > 0)
    }
  }

  @Test func aStudyThatDoesNotFitIsToldAndTakenOverLater() throws {
    try StudyFixture.inFolder { study in
      try SmallDisk.withDisk(kilobytes: 400) { disk in
        var failures: Set<String> = []
        for pages in 0..<30 {
          let store = Store(at: disk.folder.appending("\(pages)/store"))
          func take() throws {
            _ = try store.take(
              StudyArchive(study.archive), filesTo: disk.folder.appending("\(pages)"))
          }
          try disk.fill(leaving: pages * 4096)
          do { try take() } catch let error as DiagnosticError {
            #expect("\(error)".contains("No space left on device"), "\(error)")
            failures.insert("\(error)")
          }
          #expect(try store.audit(isRepairing: false).findings.isEmpty)
          try disk.clear()
          try take()
          #expect(try store.recordedStages().count == 2)
          #expect(try store.audit(isRepairing: false).findings.isEmpty)
          #expect(try files.names(in: store.root.appending("tmp")) == [])
          try files.remove(disk.folder.appending("\(pages)"))
        }
        #expect(failures.count > 5)
      }
    }
  }

  @Test func anArchiveThatDoesNotFitIsNotWritten() throws {
    try StudyFixture.inFolder { study in
      try SmallDisk.withDisk(kilobytes: 400) { disk in
        let archive = disk.folder.appending("study.tar")
        try files.write("old", to: archive)
        try disk.fill(leaving: 4096)
        #expect {
          _ = try study.store.export(study.selection, to: archive)
        } throws: {
          "\($0)".contains("cannot write '\(archive)': No space left on device")
        }
        try disk.clear()
        #expect(try files.names(in: disk.folder) == ["study.tar"])
        #expect(try files.read(archive) == Array("old".utf8))
        #expect(try study.store.export(study.selection, to: archive).bytes ?? 0 > 4096)
      }
    }
  }
}
