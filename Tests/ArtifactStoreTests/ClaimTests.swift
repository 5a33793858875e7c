import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A process that this machine does not have: its PID is above all valid ones.
let goneProcess = ProcessIdentity.here(id: 1 << 23, start: 1)

private let elsewhere = ProcessIdentity("another-host~12~34")!

private func holder(_ stage: String = "base", run: String = "run") -> ClaimHolder {
  ClaimHolder(
    fingerprint: Fingerprint(of: stage), stage: stage, pipeline: "numbers", run: run, since: 5)
}

extension Store {
  fileprivate func grant(_ holder: ClaimHolder, _ watch: LifeWatch? = nil) throws -> StageClaim? {
    if case .granted(let claim) = try claim(for: holder, watch: watch) { claim } else { nil }
  }
}

/// Shifts the modification time of a file on the real disk, relative to now.
private func shift(_ path: FilePath, by seconds: Int) {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  now.tv_sec += seconds
  let times = [now, now]
  #expect(path.withPlatformString { utimensat(AT_FDCWD, $0, times, 0) } == 0)
}

/// A clock that is set by hand.
final class HandClock: Sendable {
  private let seconds = Guarded(0.0)
  var now: Double { seconds.withLock { $0 } }
  func advance(_ by: Double) { seconds.withLock { $0 += by } }
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
      // Unsuccessful attempts leave nothing behind.
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

    // The previous owner can neither renew nor release it.
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

  @Test(arguments: [0, -100_000, 100_000])
  func claimOfAnotherMachineIsHeldWhileItsSignsOfLifeChange(clockIsOffBy offset: Int) throws {
    try withTemporaryFolder { folder in
      let root = folder.appending("store")
      let store = Store(at: root)
      let other = Store(at: root, process: elsewhere)
      let claim = try #require(try other.grant(holder()))
      let path = root.appending("claims").appending(Fingerprint(of: "base").hexadecimal)
      let clock = HandClock()
      let watch = LifeWatch(patience: 60) { clock.now }
      for step in 0..<20 {
        shift(path, by: offset + step)
        #expect(try store.grant(holder(), watch) == nil)
        clock.advance(25)
        #expect(try store.grant(holder(), watch) == nil)
        clock.advance(25)
      }
      // It does not change from here on; without a watch, this is unknown.
      #expect(try !store.isFree(Fingerprint(of: "base"), watch: watch))
      clock.advance(10)
      #expect(try store.grant(holder(), watch) == nil)
      clock.advance(1)
      #expect(try store.grant(holder()) == nil)
      #expect(try store.holders().count == 1)
      #expect(try store.grant(holder(), watch) != nil)
      #expect(try !other.renew(claim))
    }
  }

  @Test func whoHasSleptHasNotWatched() throws {
    let clock = HandClock()
    let watch = LifeWatch(patience: 60) { clock.now }
    #expect(!watch.isStill("a", sign: "1"))
    clock.advance(100_000)
    #expect(!watch.isStill("a", sign: "1"))
    clock.advance(31)
    #expect(!watch.isStill("a", sign: "1"))
    clock.advance(1)
    #expect(watch.isStill("a", sign: "1"))
    #expect(!watch.isStill("a", sign: "2"))
  }

  @Test(
    .enabled(
      if: !ProcessIdentity.Place.current.machine.isEmpty, "this machine has no number of its own"))
  func claimsOfThisMachineBeforeItWasStartedAgainAreTakenOverAtOnce() throws {
    let files = MemoryFileSystem()
    var earlier = ProcessIdentity.current
    earlier.place.boot = "00000000"
    #expect(earlier.isGone && !earlier.isHere)
    let old = Store(at: "store", fileSystem: files, process: earlier)
    _ = try #require(try old.grant(holder()))
    _ = try old.makeWorkspace()
    let store = Store(at: "store", fileSystem: files)
    #expect(try store.isFree(Fingerprint(of: "base")))
    #expect(try store.grant(holder()) != nil)
    try store.openForWriting()
    #expect(try files.names(in: "store/tmp").isEmpty)
  }

  @Test func ofOtherMachinesAndContainersNothingIsKnown() throws {
    var container = ProcessIdentity.current
    container.place.space = "1"
    var namesake = ProcessIdentity.current
    namesake.place.machine = "0123456789ab"
    namesake.place.boot = "00000000"
    for process in [container, namesake, elsewhere] {
      #expect(!process.isGone && !process.isHere)
      #expect(ProcessIdentity("\(process)") == process)
    }
    #expect(ProcessIdentity("\(ProcessIdentity.current)") == .current)
  }

  @Test func claimThatIsNotWholeIsHeldForAWhile() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    try files.makeFolder("store/claims")
    try files.write(
      "{\"format\":1,\"own",
      to: FilePath("store/claims").appending(Fingerprint(of: "base").hexadecimal))
    let clock = HandClock()
    let watch = LifeWatch(patience: 60) { clock.now }
    for _ in 0..<3 {
      guard case .held(nil) = try store.claim(for: holder(), watch: watch) else {
        Issue.record("held by nobody knows whom")
        return
      }
      clock.advance(25)
    }
    #expect(try store.holders().isEmpty)
    #expect(try store.grant(holder(), watch) != nil)
  }

  @Test func whatTheDeadOfOtherMachinesLeftIsRemovedAfterThePatience() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    let other = Store(at: "store", fileSystem: files, process: elsewhere)
    let live = Store(at: "store", fileSystem: files, process: ProcessIdentity("live~1~2")!)
    _ = try #require(try other.grant(holder()))
    _ = try other.makeWorkspace()
    let claim = try #require(try live.grant(holder("other")))
    let kept = try live.makeWorkspace()
    // An incomplete claim, before names identified their process; and our own.
    for name in [".1x.tmp", ".another-host~12~34~5.tmp", ".\(ProcessIdentity.current)~5.tmp"] {
      try files.write("{", to: FilePath("store/claims").appending(name))
    }
    let clock = HandClock()
    let watch = LifeWatch(patience: 60) { clock.now }
    for _ in 0..<3 {
      try store.removeRemainsOfTheDead(watch: watch)
      #expect(try files.names(in: "store/tmp").count == 2)
      #expect(try files.names(in: "store/claims").count == 5)
      clock.advance(25)
      #expect(try live.renew(claim))
    }
    try store.removeRemainsOfTheDead(watch: watch)
    #expect(try files.names(in: "store/tmp") == [kept.lastComponent!.string])
    #expect(
      try Set(files.names(in: "store/claims"))
        == [".\(ProcessIdentity.current)~5.tmp", Fingerprint(of: "other").hexadecimal])
  }

  /// What one damaged file of a dead run does to the runs of all other stages, and of its own.
  @Test(arguments: [MemoryFileSystem.Loss.content, .everything])
  func whatTheDeadLeftAndTheDiskHasLostStopsNoRun(loss: MemoryFileSystem.Loss) throws {
    let files = MemoryFileSystem()
    let gone = Store(at: "store", fileSystem: files, process: goneProcess)
    _ = try #require(try gone.grant(holder()))
    let workspace = try gone.makeWorkspace()
    let claims = FilePath("store/claims")
    let lost = [
      claims.appending(Fingerprint(of: "base").hexadecimal), workspace,
      claims.appending(".\(goneProcess)~5.tmp"),
      FilePath("store/checkpoints").appending(Fingerprint(of: "way").hexadecimal),
    ]
    try files.write("{", to: lost[2])
    try files.makeFolder(lost[3])
    for path in lost { files.lose(loss, of: path) }
    let store = Store(at: "store", fileSystem: files)
    try store.openForWriting()
    #expect(try store.grant(holder("other")) != nil)
    #expect(try store.checkpoints(on: Fingerprint(of: "way")).isEmpty)
    let clock = HandClock()
    let watch = LifeWatch(patience: 60) { clock.now }
    for _ in 0..<3 {
      #expect(try store.grant(holder(), watch) == nil)
      clock.advance(25)
    }
    let claim = try #require(try store.grant(holder(), watch))
    #expect(try store.renew(claim))
    try store.release(claim)
    #expect(try store.isFree(Fingerprint(of: "base")))
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
