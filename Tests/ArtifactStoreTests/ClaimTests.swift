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

  /// However a disk fails, whoever asks for a stage gets an answer.
  @Test(.timeLimit(.minutes(1))) func aDiskThatReadsNothingIsAnError() throws {
    for call in 1...12 {
      let files = MemoryFileSystem()
      #expect(try Store(at: "store", fileSystem: files).grant(holder()) != nil)
      let store = Store(
        at: "store", fileSystem: FaultyFileSystem(files, .from(call, .ioError)), process: elsewhere)
      // The first calls may succeed.
      #expect(throws: DiagnosticError.self) {
        for _ in 0..<12 {
          _ = try store.claim(for: holder(run: "second"))
          _ = try store.isFree(Fingerprint(of: "base"))
        }
      }
    }
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

  // MARK: - Files that are ready for claims

  @Test func claimsFromFilesAreClaims() throws {
    let disk = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: disk)
    let files = ClaimFiles()
    for stage in ["base", "a stage with a much longer name", "x"] {
      guard case .granted(let claim) = try store.claim(for: holder(stage), from: files) else {
        Issue.record("nobody else has the stage")
        return
      }
      #expect(try store.grant(holder(stage)) == nil)
      guard case .held(holder(stage)) = try store.claim(for: holder(stage), from: files) else {
        Issue.record("a stage was claimed twice")
        return
      }
      #expect(try store.holders().map(\.holder) == [holder(stage)])
      #expect(try store.renew(claim))
      try store.release(claim, to: files)
      #expect(try store.isFree(Fingerprint(of: stage)))
    }
    // One for a claim, and one that was ready when a claim was refused.
    #expect(try disk.names(in: "store/tmp").count <= 2)
    try store.remove(files)
    #expect(try disk.names(in: "store/tmp").isEmpty)
  }

  @Test func claimsFromFilesDoNotWaitForTheDisk() throws {
    let disk = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: disk)
    let files = ClaimFiles()
    func steps(_ body: () throws -> Void) rethrows -> Int {
      let before = disk.steps
      try body()
      return disk.steps - before
    }
    func claimAndRelease() throws {
      guard case .granted(let claim) = try store.claim(for: holder(), from: files) else { return }
      try store.release(claim, to: files)
    }
    try claimAndRelease()
    // Writing, cutting to length, naming, removing the name.
    #expect(try steps(claimAndRelease) == 4)
  }

  @Test func ofManyWithFilesOfTheirOwnOneIsGranted() async throws {
    try await withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      let all = (0..<4).map { _ in ClaimFiles() }
      for round in 0..<30 {
        let stage = holder("stage \(round)")
        let claims = try await withThrowingTaskGroup(of: StageClaim?.self) { group in
          for files in all + all {
            group.addTask {
              guard case .granted(let claim) = try store.claim(for: stage, from: files) else {
                return nil
              }
              try store.release(claim, to: files)
              return claim
            }
          }
          return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        // Whoever comes after the release claims it again.
        #expect(!claims.isEmpty && Set(claims).count == claims.count)
        #expect(try store.isFree(stage.fingerprint))
      }
      for files in all { try store.remove(files) }
      #expect(try LocalFileSystem().names(in: folder.appending("store/tmp")).isEmpty)
      #expect(try LocalFileSystem().names(in: folder.appending("store/claims")).isEmpty)
    }
  }

  /// A run on another machine takes this one for dead, and puts its claim and its files aside.
  @Test func filesThatHaveDisappearedAreMadeAgain() throws {
    let disk = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: disk)
    let files = ClaimFiles()
    guard case .granted(let lost) = try store.claim(for: holder(), from: files),
      case .granted(let kept) = try store.claim(for: holder("other"), from: files)
    else {
      Issue.record("nobody else has the stages")
      return
    }
    try store.release(kept, to: files)
    let others = try (0..<6).map { try store.claim(for: holder("\($0)"), from: files) }
    for case .granted(let claim) in others { try store.release(claim, to: files) }
    try disk.remove("store/tmp")
    try disk.remove(FilePath("store/claims").appending(Fingerprint(of: "base").hexadecimal))
    let other = Store(at: "store", fileSystem: disk, process: elsewhere)
    #expect(try other.grant(holder()) != nil)
    #expect(try !store.renew(lost))
    try store.release(lost, to: files)
    #expect(try store.grant(holder()) == nil)
    guard case .granted = try store.claim(for: holder("third"), from: files) else {
      Issue.record("nobody else has the stage")
      return
    }
  }

  @Test(arguments: [false, true])
  func claimsFromFilesAreTakenOverAtOnceAfterACrash(losingNames: Bool) throws {
    var step = 1
    while true {
      let disk = MemoryFileSystem()
      let gone = Store(at: "store", fileSystem: disk, process: goneProcess)
      let files = ClaimFiles()
      guard case .granted(let earlier) = try gone.claim(for: holder("of a long name"), from: files)
      else {
        Issue.record("nobody else has the stage")
        return
      }
      try gone.release(earlier, to: files)
      disk.setFault(.crash(at: disk.steps + step))
      let isDone = (try? gone.claim(for: holder(), from: files)) != nil
      let store = Store(at: "store", fileSystem: disk.afterCrash(losingNames: losingNames))
      #expect(try store.grant(holder()) != nil)
      try store.openForWriting()
      #expect(try store.fileSystem.names(in: "store/tmp").isEmpty)
      if isDone { break }
      step += 1
    }
    #expect(step > 2)
  }

  /// The second line of a claim's file is not synchronised: a crash may leave anything of it.
  @Test(arguments: ["", "\0\0\0\0", "\"fingerprint\":\"12", "\"stage\":\"x\"}\n"])
  func aClaimTellsItsProcessWhateverIsLeftOfIt(rest: String) throws {
    let disk = MemoryFileSystem()
    let gone = Store(at: "store", fileSystem: disk, process: goneProcess)
    _ = try #require(try gone.grant(holder()))
    let path = FilePath("store/claims").appending(Fingerprint(of: "base").hexadecimal)
    let whole = try disk.read(path)
    let end = try #require(whole.firstIndex(of: UInt8(ascii: "\n")))
    disk.damage(path) { $0 = Array($0[...end]) + Array(rest.utf8) }
    let store = Store(at: "store", fileSystem: disk)
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    #expect(try store.isFree(Fingerprint(of: "base")))
    #expect(try store.holders().isEmpty && store.abandonedStarts().isEmpty)
    #expect(try store.grant(holder()) != nil)
  }
}
