import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Power cuts while the real program works: what it did to the disk is written down, and played again up to
/// some moment, with what was not synchronised kept, lost, cut or zeroed.
@Suite(.serialized) struct PowerCutTests {
  /// What the power cuts short, and how the study goes on then.
  enum Command: CaseIterable {
    case run, prepare, clean, importing, export, repair
  }

  @Test(arguments: Command.allCases)
  func aPowerCutAtAnyInstantCostsNothingButWork(command: Command) throws {
    try FaultTrial.start { trial in
      try trial.reset()
      let arguments = try setUp(command, trial)
      let before = try SimulatedDisk(trial.folder)
      let journal = trial.folder.removingLastComponent().appending("journal")
      let outcome = try trial.run(
        arguments, environment: trial.faults.environment(journal: journal), during: "\(command)")
      // What is repaired is told.
      try #require(outcome.status == (command == .repair ? 1 : 0), "\(outcome)")
      let operations = try readDiskJournal(journal)
      try #require(operations.count > 20)
      var random = SeededGenerator(seed: Soak.seed)
      let cuts = (0..<Soak.cuts).map { _ in Int.random(in: 0...operations.count, using: &random) }
      var disk = before
      var done = 0
      for (number, cut) in cuts.sorted().enumerated() {
        for operation in operations[done..<cut] { try disk.perform(operation) }
        done = cut
        let fate: SimulatedDisk.Fate = number % 8 == 0 ? .lost : number % 8 == 1 ? .kept : .mixed
        try disk.restore(fate, random: &random)
        try recover(
          from: command, arguments, trial, "\(command) cut at \(cut), \(fate) (\(number))")
      }
      print("\(command): \(cuts.count) cuts in \(operations.count) operations")
    }
  }

  private static let archive = "study.tar"

  /// Prepares the folder; the command line to be cut short.
  private func setUp(_ command: Command, _ trial: FaultTrial) throws -> [String] {
    switch command {
    case .run: return FaultTrial.run
    case .prepare: return FaultTrial.run + ["--only", "prepare*"]
    case .clean:
      try trial.run(during: "setting up")
      try trial.run(FaultTrial.run + ["--set", "rate=0.02"], during: "setting up")
      try age(trial.store)
      return ["store", "gc", "ten.yaml", "--store", "store", "--yes"]
    case .importing:
      try trial.run(during: "setting up")
      try trial.run(
        ["store", "export", "ten.yaml", "--store", "store", "-o", Self.archive],
        during: "setting up")
      try LocalFileSystem().remove(trial.store)
      return ["store", "import", Self.archive, "--store", "store"]
    case .export:
      try trial.run(during: "setting up")
      return ["store", "export", "ten.yaml", "--store", "store", "-o", Self.archive]
    case .repair:
      try trial.run(during: "setting up")
      try damage(trial.store)
      return ["store", "verify", "--store", "store", "--repair"]
    }
  }

  /// Goes on as its user would, who knows of nothing but that the machine went off.
  private func recover(
    from command: Command, _ arguments: [String], _ trial: FaultTrial, _ what: String
  ) throws {
    switch command {
    case .run, .prepare: break
    case .clean:
      // Nothing but what is not wanted is missing, before anything runs.
      let outputs = try trial.outputs()
      if !trial.expected.allSatisfy({ outputs[$0.key] != nil }) {
        Issue.record("after \(what): wanted results are gone")
      }
      let findings = try Store(at: trial.store).audit(isRepairing: false).findings
      if !findings.isEmpty { Issue.record("after \(what): \(findings)") }
    case .importing:
      try trial.run(arguments, during: what)
    case .export:
      let archive = trial.folder.appending(Self.archive)
      // An archive that is there is whole.
      if try LocalFileSystem().exists(archive) {
        let outcome = try trial.run(
          ["store", "import", Self.archive, "--store", "other"], during: what)
        if outcome.status != 0 { Issue.record("after \(what): half an archive: \(outcome.errors)") }
      }
      let outcome = try trial.run(arguments, during: what)
      if outcome.status != 0 { Issue.record("after \(what): \(outcome.errors)") }
    case .repair:
      try trial.run(arguments, during: what)
    }
    try trial.expectRecovery(from: what)
    let remains = try LocalFileSystem().names(in: trial.folder).filter { $0.hasSuffix(".tmp") }
    if command != .export, !remains.isEmpty { Issue.record("after \(what): \(remains)") }
  }

  /// Makes everything in a folder two hours old: `store gc` spares what is young.
  private func age(_ path: FilePath) throws {
    let files = LocalFileSystem()
    if try files.status(of: path)?.kind == .folder {
      for name in try files.names(in: path) { try age(path.appending(name)) }
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    now.tv_sec -= 7200
    try #require(utimensat(AT_FDCWD, path.string, [now, now], 0) == 0)
  }

  /// Changes a byte of every third object.
  private func damage(_ store: FilePath) throws {
    let files = LocalFileSystem()
    let objects = store.appending("objects")
    for (number, shard) in try files.names(in: objects).enumerated() where number % 3 == 0 {
      for name in try files.names(in: objects.appending(shard)) {
        let path = objects.appending(shard).appending(name)
        var bytes = try files.read(path)
        bytes[bytes.count / 2] ^= 1
        try files.write(bytes, to: path)
      }
    }
  }
}

/// Random numbers that are the same every time.
struct SeededGenerator: RandomNumberGenerator {
  private let stream: RandomStream
  private var position: UInt64 = 0

  init(seed: UInt64) { stream = RandomStream(seed: seed).stream(for: "faults") }

  mutating func next() -> UInt64 {
    position += 1
    let high = stream.integer(below: 1 << 32, at: 2 * position)
    let low = stream.integer(below: 1 << 32, at: 2 * position + 1)
    return UInt64(high) << 32 | UInt64(low)
  }
}
