import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Ten stages that are done in a second or so.
let tenStages = """
  cambium: 1
  name: ten
  params: {epochs: 20}
  datasets: {shapes: {source: builtin:shapes, examples: {train: 16, test: 4}}}
  splits: {halves: {dataset: shapes, random: {tasks: [A, B], seed: 1}}}
  networks:
    net:
      input: [3, 32, 32]
      layers:
        conv1: [conv: {filters: 8, kernel: 5, stride: 2}, batch-norm, relu, max-pool: {kernel: 2, stride: 2}]
        fc2: [dense: 24, relu, dropout: 0.5]
        fc3: [dense: classes]
  solvers: {sgd: {batch: 16, epochs: "${epochs}", momentum: 0.9, rate: 0.01}}
  stages:
    "base-${task}":
      for: {task: [A, B]}
      train: {network: net, on: "halves.${task}", solver: sgd, validate: {every: 1 epochs, subset: test}}
    "${source}1B":
      for: {source: [A, B]}
      transfer: {from: "base-${source}", layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd}
    "test-${net}": {for: {net: [base-A, base-B, A1B, B1B]}, evaluate: {network: "${net}"}}
    table: {report: {of: ["test-*"]}}
  """

/// The numbers of a long test: small ones unless the environment asks for more.
enum Soak {
  static func count(_ variable: String, usually count: Int) -> Int {
    getenv(variable).flatMap { Int(String(cString: $0)) } ?? count
  }

  static let kills = count("CAMBIUM_SOAK_KILLS", usually: 6)
  /// Calls to the system that are made to fail, of some thousands.
  static let calls = count("CAMBIUM_SOAK_CALLS", usually: 16)
  /// The distance between those calls, instead of their number; 0 if it is not given.
  static let stride = count("CAMBIUM_SOAK_STRIDE", usually: 0)
  /// Power cuts for each command.
  static let cuts = count("CAMBIUM_SOAK_CUTS", usually: 8)
  static let seed = UInt64(count("CAMBIUM_SOAK_SEED", usually: 1))
  static let isLong = kills > 50
}

/// Runs of the real program that are killed, interrupted, or out of space.
@Suite(.serialized) struct SoakTests {
  /// A folder with the pipeline, and what an uninterrupted run makes of it.
  func inFolder(
    _ body: (_ folder: FilePath, _ expected: [String: [String: Fingerprint]]) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(tenStages, to: folder.appending("ten.yaml"))
      let whole = try Program.run("run", "ten.yaml", "--store", "whole", in: folder)
      try #require(whole.status == 0, "\(whole)")
      let expected = try StoreInspection(folder.appending("whole")).outputs()
      try #require(expected.count == 10)
      try body(folder, expected)
    }
  }

  static func run(_ store: String) -> [String] {
    ["run", "ten.yaml", "--store", store, "--jobs", "2", "--checkpoint", "0.05"]
  }

  @Test func killsAtRandomInstantsChangeNoBit() throws {
    try inFolder { folder, expected in
      let instants = RandomStream(seed: Soak.seed).stream(for: "kills")
      var kills = 0
      var studies = 0
      var starts: UInt64 = 0
      while kills < Soak.kills {
        let name = "killed-\(studies)"
        let inspection = StoreInspection(folder.appending(name))
        studies += 1
        while true {
          let program = try Program.start(Self.run(name), in: folder)
          starts += 1
          // Many kills hit the first moments, when stores and stages are opened; and most a training.
          let longest = starts % 4 == 0 ? 60_000 : 500_000
          let isEnded =
            kills == Soak.kills
            || program.ends(within: instants.integer(below: longest, at: starts))
          if !isEnded {
            kill(program.id, SIGKILL)
            kills += 1
          }
          let outcome = try program.outcome()
          #expect(try inspection.damage() == [])
          if isEnded {
            #expect(outcome.status == 0, "\(outcome.errors)")
            break
          }
          try #require(starts < 100 * Soak.kills, "the study does not come to its end")
        }
        #expect(try inspection.outputs() == expected)
        #expect(try inspection.remains() == [])
        try LocalFileSystem().remove(inspection.store.root)
      }
      print("\(kills) kills in \(starts) runs of \(studies) studies")
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalWritesTheStateDownAndEndsTheRun(signal: Int32) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(tenStages, to: folder.appending("ten.yaml"))
      let training = ["--only", "base-A", "--set", "epochs=100"]
      // The only state is the one that the signal asks for.
      let run = ["run", "ten.yaml", "--checkpoint", "1000"] + training
      let program = try Program.start(run, in: folder)
      try program.waitForError("start  base-A")
      _ = program.ends(within: 50_000)
      let asked = ContinuousClock.now
      kill(program.id, signal)
      let outcome = try program.outcome()
      print("signal \(signal): ended after \(ContinuousClock.now - asked)")
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.errors.contains("stop   base-A"), "\(outcome)")
      let inspection = StoreInspection(folder.appending(".cambium"))
      #expect(try inspection.states().count == 1)
      #expect(try inspection.damage() == [])
      let plan = try Program.run(["plan", "ten.yaml"] + training, in: folder)
      #expect(plan.output.contains("resumes from iteration"), "\(plan)")

      #expect(try Program.run(run, in: folder).status == 0)
      #expect(try Program.run(run + ["--store", "whole"], in: folder).status == 0)
      #expect(try inspection.outputs() == StoreInspection(folder.appending("whole")).outputs())
      #expect(try inspection.remains() == [])
    }
  }

  @Test func aSecondSignalEndsTheProgramAtOnce() throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(tenStages, to: folder.appending("ten.yaml"))
      let run = ["run", "ten.yaml", "--only", "base-A"]
      let program = try Program.start(run, in: folder)
      try program.waitForError("start  base-A")
      // Both arrive while the program cannot do anything in between.
      kill(program.id, SIGSTOP)
      kill(program.id, SIGINT)
      kill(program.id, SIGTERM)
      kill(program.id, SIGCONT)
      let outcome = try program.outcome()
      #expect([SIGINT, SIGTERM].contains(outcome.status) && !outcome.errors.contains("stop "))
      #expect(try StoreInspection(folder.appending(".cambium")).damage() == [])
      #expect(try Program.run(run, in: folder).status == 0)
    }
  }
}

extension Program.Running {
  /// Waits for the program's end, but not longer than so many microseconds; whether it has ended.
  func ends(within microseconds: Int) -> Bool {
    let deadline = ContinuousClock.now + .microseconds(microseconds)
    while isRunning {
      if ContinuousClock.now >= deadline { return false }
      usleep(1000)
    }
    return true
  }

  /// Waits until the program has written some text to standard error.
  func waitForError(_ text: String) throws {
    for _ in 0..<20_000 where isRunning {
      if try errors.contains(text) { return }
      usleep(1000)
    }
    throw DiagnosticError("the program never says '\(text)': \(try errors)")
  }
}
