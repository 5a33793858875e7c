import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A process that this machine does not have: its number is above all that are given.
let goneProcess = ProcessIdentity.here(id: 1 << 23, start: 1)

private let elsewhere = ProcessIdentity("another-host~12~34")!

private func holder(_ stage: String = "base", run: String = "run") -> ClaimHolder {
  ClaimHolder(
    fingerprint: Fingerprint(of: stage), stage: stage, pipeline: "numbers", run: run, since: 5)
}

extension Store {
  fileprivate func grant(_ holder: ClaimHolder) throws -> StageClaim? {
    if case .granted(let claim) = try claim(for: holder) { claim } else { nil }
  }
}

/// Gives a file of the real disk a time of last change that long ago.
private func age(_ path: FilePath, by seconds: Int) {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  now.tv_sec -= seconds
  let times = [now, now]
  #expect(path.withPlatformString { utimensat(AT_FDCWD, $0, times, 0) } == 0)
}

@Suite struct ClaimTests {
  @Test func claimedStageIsHeldAndTellsByWhom() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    let claim = try #require(try store.grant(holder(run: "first")))
    guard case .held(let other?) = try store.claim(for: holder(run: "second")) else {
      Issue.record("a stage was claimed twice")
      return
    }
    #expect(other == holder(run: "first"))
    #expect(try !store.isFree(Fingerprint(of: "base")))
    #expect(try store.isFree(Fingerprint(of: "other")))
    #expect(try store.holders().map(\.holder) == [other])

    try store.release(claim)
    #expect(try store.isFree(Fingerprint(of: "base")))
    #expect(try store.holders().isEmpty)
    #expect(try store.grant(holder()) != nil)
  }

  @Test func ofManyAtOnceOneIsGranted() async throws {
    try await withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      for round in 0..<30 {
        let granted = try await race(store, holder("stage \(round)"))
        #expect(granted == 1)
      }
    }
  }

  @Test func ofManyWhoTakeOverOneSucceeds() async throws {
    try await withTemporaryFolder { folder in
      let root = folder.appending("store")
      for round in 0..<30 {
        let stage = holder("stage \(round)")
        let left = try Store(at: root, process: goneProcess).grant(stage)
        #expect(left != nil)
        let granted = try await race(Store(at: root), stage)
        #expect(granted == 1)
      }
      // Nothing is left of those that did not succeed.
      let names = try LocalFileSystem().names(in: root.appending("claims"))
      #expect(names.count == 30)
    }
  }

  private func race(_ store: Store, _ stage: ClaimHolder) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { try store.grant(stage) != nil } }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
  }

  @Test func claimOfAProcessThatIsGoneIsTakenOverAtOnce() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    let old = Store(at: "store", fileSystem: files, process: goneProcess)
    let lost = try #require(try old.grant(holder()))
    #expect(try store.holders().isEmpty)
    #expect(try store.isFree(Fingerprint(of: "base")))
    let claim = try #require(try store.grant(holder()))

    // What once held it neither renews nor releases it.
    #expect(try !old.renew(lost))
    try old.release(lost)
    #expect(try store.grant(holder()) == nil)
    #expect(try store.renew(claim))
  }

  @Test func anotherProcessOfTheSameNumberIsAnother() throws {
    let files = MemoryFileSystem()
    let earlier = ProcessIdentity.here(id: getpid(), start: 1)
    #expect(earlier.isGone)
    #expect(!ProcessIdentity.current.isGone)
    let old = Store(at: "store", fileSystem: files, process: earlier)
    #expect(try old.grant(holder()) != nil)
    #expect(try Store(at: "store", fileSystem: files).grant(holder()) != nil)
  }

  @Test func claimOfAnotherMachineIsHeldWhileItShowsSignsOfLife() throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let store = Store(at: root)
      let other = Store(at: root, process: elsewhere)
      let claim = try #require(try other.grant(holder()))
      let path = root.appending("claims").appending(Fingerprint(of: "base").hexadecimal)
      age(path, by: 50)
      #expect(try store.grant(holder()) == nil)
      age(path, by: 70)
      #expect(try other.renew(claim))
      #expect(try store.grant(holder()) == nil)
      #expect(try store.holders().count == 1)
      age(path, by: 70)
      #expect(try store.grant(holder()) != nil)
      #expect(try !other.renew(claim))
      // What was used to learn the time is gone.
      #expect(try LocalFileSystem().names(in: root.appending("tmp")).isEmpty)
    }
  }

  @Test func claimThatIsNotWholeIsHeldForAWhile() throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      let claims = store.root.appending("claims")
      let path = claims.appending(Fingerprint(of: "base").hexadecimal)
      try LocalFileSystem().makeFolder(claims)
      try LocalFileSystem().write("{\"format\":1,\"own", to: path)
      guard case .held(nil) = try store.claim(for: holder()) else {
        Issue.record("held by nobody knows whom")
        return
      }
      #expect(try store.holders().isEmpty)
      age(path, by: 70)
      #expect(try store.grant(holder()) != nil)
    }
  }

  @Test func crashInATakeoverLeavesAClaimThatCanBeTakenOver() throws {
    var step = 1
    while true {
      let files = MemoryFileSystem()
      let gone = Store(at: "store", fileSystem: files, process: goneProcess)
      #expect(try gone.grant(holder()) != nil)
      files.setFault(.crash(at: files.steps + step))
      let isDone = (try? gone.grant(holder())) != nil
      let store = Store(at: "store", fileSystem: files.afterCrash())
      #expect(try store.grant(holder()) != nil)
      #expect(try store.grant(holder()) == nil)
      if isDone { break }
      step += 1
    }
    #expect(step > 2)
  }
}
