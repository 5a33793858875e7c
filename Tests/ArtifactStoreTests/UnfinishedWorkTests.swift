import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

private let stage = Fingerprint(of: "base")

/// Leftovers of interrupted stages, on a real disk, since it matters whether two files are the same.
@Suite struct UnfinishedWorkTests {
  private let files = LocalFileSystem()
  private let elsewhere = ProcessIdentity("another-host~12~34")!

  /// A process that has claimed the stage, and taken over its unfinished work.
  private struct Worker {
    let store: Store
    let claim: StageClaim
    let folder: FilePath
    var file: FilePath { folder.appending("packed") }
  }

  private func worker(
    _ root: FilePath, _ process: ProcessIdentity = .current, isFresh: Bool = false
  ) throws -> Worker {
    let store = Store(at: root, process: process)
    let holder = ClaimHolder(
      fingerprint: stage, stage: "base", pipeline: "numbers", run: "run", since: 5)
    let clock = HandClock()
    let watch = LifeWatch(patience: 1) { clock.now }
    for _ in 0..<5 {
      if case .granted(let claim) = try store.claim(for: holder, watch: watch) {
        let folder = try #require(try store.takeUnfinishedWork(for: claim, isFresh: isFresh))
        return Worker(store: store, claim: claim, folder: folder)
      }
      clock.advance(0.5)
    }
    throw DiagnosticError("the stage is not to be had")
  }

  private func write(_ text: String, by worker: Worker) throws {
    try files.makeFolder(worker.folder)
    try files.append(Array(text.utf8), to: worker.file)
    try files.write("note", to: worker.folder.appending("packed.bookmark"))
  }

  private func text(_ path: FilePath) throws -> String? {
    try files.contents(of: path).map { String(decoding: $0, as: UTF8.self) }
  }

  private func folders(_ root: FilePath) throws -> [String] {
    try files.names(in: root.appending("unfinished").appending(stage.hexadecimal))
  }

  @Test func whoMayWakeUpSharesNoFileWithWhoTookOver() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let asleep = try worker(root, elsewhere)
      try write("half", by: asleep)
      let descriptor = try FileDescriptor.open(asleep.file, .readWrite)
      defer { try? descriptor.close() }
      let taker = try worker(root)
      #expect(try text(taker.file) == "half")
      #expect(try text(taker.folder.appending("packed.bookmark")) == "note")
      #expect(try folders(root) == [taker.folder.lastComponent!.string])
      // The one that wakes up overwrites, appends, truncates, and starts again.
      try descriptor.writeAll(Array("BAD".utf8))
      try descriptor.resize(to: 0)
      #expect(throws: DiagnosticError.self) {
        try files.write("bad", to: asleep.folder.appending("packed.bookmark"))
      }
      try write("worse", by: asleep)
      #expect(try text(taker.file) == "half")
      #expect(try asleep.store.takeUnfinishedWork(for: asleep.claim) == nil)
      try asleep.store.leaveUnfinishedWork(asleep.folder, of: asleep.claim)
      #expect(try folders(root) == [taker.folder.lastComponent!.string])
      #expect(try files.names(in: root.appending("tmp")).isEmpty)
    }
  }

  @Test func whoWakesUpToPublishDoesNotRemoveTheWorkOfWhoTookOver() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let asleep = try worker(root, elsewhere)
      try write("half", by: asleep)
      let taker = try worker(root)
      try write(" more", by: taker)
      try asleep.store.removeUnfinishedWork(of: asleep.claim)
      #expect(try text(taker.file) == "half more")
      try taker.store.removeUnfinishedWork(of: taker.claim)
      #expect(try files.names(in: root.appending("unfinished")).isEmpty)
    }
  }

  @Test func whatTheDeadLeftIsUsedInItsPlace() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let dead = try worker(root, goneProcess)
      try write("half", by: dead)
      let inode = try #require(try files.status(of: dead.file)).inode
      let taker = try worker(root)
      #expect(taker.folder != dead.folder)
      #expect(try files.status(of: taker.file)?.inode == inode)
      #expect(try folders(root).count == 1)
    }
  }

  @Test func whatARunLeavesAtItsEndIsUsedByTheNext() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      for (round, process) in [elsewhere, .current, elsewhere].enumerated() {
        let worker = try worker(root, process)
        #expect(try text(worker.file)?.count == (round == 0 ? nil : 4 * round))
        try write("half", by: worker)
        try worker.store.leaveUnfinishedWork(worker.folder, of: worker.claim)
        try worker.store.release(worker.claim)
        #expect(try folders(root).count == 1)
      }
      let fresh = try worker(root, isFresh: true)
      #expect(try text(fresh.file) == nil)
      #expect(try folders(root).isEmpty)
      try fresh.store.leaveUnfinishedWork(fresh.folder, of: fresh.claim)
    }
  }

  @Test func whatIsNoFoldersOfAWriterIsRemoved() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let all = root.appending("unfinished").appending(stage.hexadecimal)
      try files.makeFolder(all)
      // As earlier versions of this program left it.
      try files.write("half", to: all.appending("images.packed"))
      let worker = try worker(root)
      #expect(try files.contents(of: worker.file) == nil)
      #expect(try folders(root).isEmpty)
    }
  }

  @Test(arguments: [MemoryFileSystem.Loss.content, .everything])
  func whatTheDiskHasLostIsDoneAgain(loss: MemoryFileSystem.Loss) throws {
    let files = MemoryFileSystem()
    let root = FilePath("store")
    let all = root.appending("unfinished").appending(stage.hexadecimal)
    let left = all.appending("left~1")
    for lost in [all, left, left.appending("packed")] {
      try files.makeFolder(left)
      try files.write("half", to: left.appending("packed"))
      files.lose(loss, of: lost)
      let store = Store(at: root, fileSystem: files)
      let holder = ClaimHolder(
        fingerprint: stage, stage: "base", pipeline: "numbers", run: "run", since: 5)
      guard case .granted(let claim) = try store.claim(for: holder) else {
        throw DiagnosticError("the stage is not to be had")
      }
      #expect(try store.takeUnfinishedWork(for: claim) != nil)
      try store.release(claim)
    }
  }
}
