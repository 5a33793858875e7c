import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Runs on two machines that share a store: one is suspended for so long that the other takes its stage over,
/// and wakes up.
@Suite(
  .serialized,
  .enabled(if: OtherMachine.isPossible, "this system lets no process have a host name of its own"))
struct SuspensionTests {
  private let files = LocalFileSystem()

  /// Packed images, some of which are unreadable and leave gaps, and activations of frozen layers.
  private static func pipeline(skips: Bool) -> String {
    """
    cambium: 1
    name: suspended
    datasets: {images: {source: images.tar\(skips ? ", unreadable: skip" : "")}}
    networks:
      net:
        input: [3, 16, 16]
        layers:
          conv1: [conv: {filters: 32, kernel: 5, padding: 2}, relu, max-pool: {kernel: 4, stride: 4}]
          fc2: [dense: 8, relu]
          fc3: [dense: classes]
    solvers:
      short: {batch: 64, iterations: 40, rate: 0.01}
      long: {batch: 64, epochs: 3, rate: 0.01}
    stages:
      base: {train: {network: net, on: images, solver: short}}
      frozen:
        transfer: {from: base, layers: {first 2: freeze, rest: initialize}, on: images, solver: long}
      test: {evaluate: {network: frozen}}
    """
  }

  private enum Waking { case whileTheOtherWorks, afterwards }

  private static let patience = 0.5

  private static func run(_ checkpoint: Double, _ store: String = "shared") -> [String] {
    [
      "run", "suspended.yaml", "--store", store, "--threads", "1", "--checkpoint", "\(checkpoint)",
      "--claim-patience", "\(patience)",
    ]
  }

  /// A folder with the pipeline and its data, and what an undisturbed run makes of them.
  private func inFolder(
    skips: Bool,
    _ body: (_ folder: FilePath, _ expected: [String: [String: Fingerprint]]) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var members: [ArchiveMember] = []
      for (subset, count) in [("train", 3000), ("test", 20)] {
        for label in ["a", "b"] {
          for number in 0..<count {
            let color = [number % 251, number % 241, label == "a" ? 200 : 40].map(UInt8.init)
            let isBroken = skips && number % 97 == 50
            members.append(
              .file(
                "\(subset)/\(label)/\(number).png",
                isBroken ? [1, 2, 3] : TinyPNG.image(color: color, side: 16)))
          }
        }
      }
      try writeArchive(members, to: folder.appending("images.tar"), kind: .tar)
      try files.write(
        Self.pipeline(skips: skips), to: folder.appending("suspended.yaml"))
      let whole = try Program.run(Self.run(1000, "whole"), in: folder)
      try #require(whole.status == 0, "\(whole)")
      let plan = try Program.run("plan", "suspended.yaml", in: folder)
      try #require(plan.output.contains("activations after fc2 are cached"), "\(plan)")
      let expected = try StoreInspection(folder.appending("whole")).outputs()
      try #require(expected.count == 4)
      try body(folder, expected)
    }
  }

  private func wait(_ program: Program.Running, for condition: () throws -> Bool) throws {
    for _ in 0..<100_000 where program.isRunning {
      if try condition() { return }
      usleep(300)
    }
    throw DiagnosticError("it never came: \(try program.errors)")
  }

  /// Whether a stage has noted how far a file is.
  private func isUnderWay(_ file: String, in store: FilePath) throws -> Bool {
    let stages = store.appending("unfinished")
    return try files.names(in: stages).contains { stage in
      try files.names(in: stages.appending(stage)).contains { work in
        try files.names(in: stages.appending(stage).appending(work)).contains {
          $0.hasPrefix(file) && $0.hasSuffix(".bookmark")
        }
      }
    }
  }

  private func expectWhole(
    _ store: FilePath, _ expected: [String: [String: Fingerprint]], _ what: String
  ) throws {
    let inspection = StoreInspection(store)
    #expect(try inspection.outputs() == expected, "\(what)")
    #expect(try inspection.store.audit(isRepairing: false).findings.isEmpty, "\(what)")
    #expect(try inspection.remains() == [], "\(what)")
    for folder in ["unfinished", "claims", "damaged"] {
      #expect(try files.names(in: store.appending(folder)) == [], "\(folder): \(what)")
    }
  }

  /// Suspends one machine's run in the middle of writing a file; another machine's takes over.
  private func story(
    of file: String, stage: String, skips: Bool, _ waking: Waking, hasFullDisk: Bool
  ) throws {
    try inFolder(skips: skips) { folder, expected in
      let store = folder.appending("shared")
      let one = try Program.start(Self.run(0.001), in: folder, named: "1", on: OtherMachine("one"))
      try wait(one) { try isUnderWay(file, in: store) }
      kill(one.id, SIGSTOP)
      if hasFullDisk { try OtherMachine.limitFiles(of: one.id, to: 64 << 10) }
      let two = try Program.start(Self.run(0.01), in: folder, named: "2", on: OtherMachine("two"))
      try two.waitForError("start  \(stage)")
      if waking == .afterwards { #expect(try two.outcome().status == 0) }
      kill(one.id, SIGCONT)
      let outcomes = [try one.outcome(), try two.outcome()]
      for outcome in outcomes { #expect(outcome.status == 0, "\(outcome)") }
      #expect(outcomes[0].errors.contains("another run took over stage '\(stage)'"))
      #expect(outcomes[1].errors.contains("done   \(stage)"))
      try expectWhole(store, expected, "\(outcomes)")
    }
  }

  @Test func packedImagesWithGapsAreNotWrittenIntoByARunThatWakesUp() throws {
    try story(
      of: "images.packed", stage: "prepare-images", skips: true, .whileTheOtherWorks,
      hasFullDisk: false)
  }

  @Test func activationsAreNotEmptiedByARunThatWakesUpOnAFullDisk() throws {
    try story(of: "activations", stage: "frozen", skips: false, .afterwards, hasFullDisk: true)
  }

  @Test(.enabled(if: Soak.isLong), arguments: ["images.packed", "activations"])
  func everyOtherStoryEndsWellToo(file: String) throws {
    let stage = file == "activations" ? "frozen" : "prepare-images"
    for skips in [false, true] {
      for hasFullDisk in [false, true] {
        try story(of: file, stage: stage, skips: skips, .afterwards, hasFullDisk: hasFullDisk)
      }
      try story(of: file, stage: stage, skips: skips, .whileTheOtherWorks, hasFullDisk: false)
    }
  }

  @Test func whatADeadRunLeftIsRemovedByTheNextOfItsMachineThoughItsClockWasAhead() throws {
    try inFolder(skips: true) { folder, expected in
      let store = folder.appending("shared")
      let one = try Program.start(Self.run(0.001), in: folder, named: "1", on: OtherMachine("one"))
      try wait(one) { try isUnderWay("images.packed", in: store) }
      kill(one.id, SIGKILL)
      _ = try one.outcome()
      #expect(try !files.names(in: store.appending("tmp")).isEmpty)
      var later = timespec()
      clock_gettime(CLOCK_REALTIME, &later)
      later.tv_sec += 3600
      for claim in try files.names(in: store.appending("claims")) {
        let path = store.appending("claims").appending(claim).string
        #expect(utimensat(AT_FDCWD, path, [later, later], 0) == 0)
      }
      // The other machine cannot know, and leaves what it has not watched for long enough.
      let two = try Program.run(Self.run(1000), in: folder, on: OtherMachine("two"))
      #expect(two.status == 0, "\(two)")
      let again = try Program.run(Self.run(1000), in: folder, on: OtherMachine("one"))
      #expect(again.status == 0 && again.errors.contains("nothing to run"), "\(again)")
      try expectWhole(store, expected, "\(two)")
    }
  }

  /// Two runs of which one at a time is suspended, at random instants and for random times; 100 times where
  /// `CAMBIUM_SOAK_KILLS` asks for a long test.
  @Test func suspensionsAtRandomInstantsChangeNoBit() throws {
    let wanted = Soak.isLong ? 100 : 2
    try inFolder(skips: true) { folder, expected in
      let draw = RandomStream(seed: Soak.seed).stream(for: "suspensions")
      var draws: UInt64 = 0
      func random(_ limit: Int) -> Int {
        draws += 1
        return draw.integer(below: limit, at: draws)
      }
      var suspensions = 0
      var lost = 0
      while suspensions < wanted {
        let store = folder.appending("shared")
        var programs = try ["one", "two"].map {
          try Program.start(Self.run(0.001), in: folder, named: $0, on: OtherMachine($0))
        }
        while programs.contains(where: \.isRunning) && suspensions < wanted {
          let sleeper = programs[random(2)]
          if sleeper.ends(within: random(300_000)) { break }
          kill(sleeper.id, SIGSTOP)
          suspensions += 1
          usleep(UInt32(Self.patience * 1e6) + UInt32(random(1_000_000)))
          kill(sleeper.id, SIGCONT)
        }
        let outcomes = try programs.map { try $0.outcome() }
        programs = []
        for outcome in outcomes {
          #expect(outcome.status == 0, "\(outcome)")
          if outcome.errors.contains("another run took over") { lost += 1 }
        }
        // What a run has left that was suspended once more while it tidied up is the next one's to remove.
        for machine in ["one", "two"] {
          let next = try Program.run(Self.run(1000), in: folder, on: OtherMachine(machine))
          #expect(next.status == 0 && next.errors.contains("nothing to run"), "\(next)")
        }
        try expectWhole(store, expected, "\(outcomes)")
        try files.remove(store)
      }
      print("\(suspensions) suspensions, \(lost) runs that were taken over")
    }
  }
}

/// Another machine, as far as programs can tell: one of another name.
struct OtherMachine {
  var name: String

  init(_ name: String) { self.name = name }

  /// What starts a program there. Files that become too large are an error, not the end.
  var launcher: [String] {
    [
      "unshare", "--map-root-user", "--uts", "sh", "-c",
      #"trap "" XFSZ; hostname "$0" && exec "$@""#, name,
    ]
  }

  static let isPossible: Bool = {
    (try? Program.execute(OtherMachine("other").launcher + ["true"])) == 0
  }()

  /// Makes every write of a process fail that goes beyond so many bytes of a file.
  static func limitFiles(of process: Int32, to bytes: Int) throws {
    guard try Program.execute(["prlimit", "--pid", "\(process)", "--fsize=\(bytes)"]) == 0 else {
      throw DiagnosticError("cannot limit the files of a process")
    }
  }
}
