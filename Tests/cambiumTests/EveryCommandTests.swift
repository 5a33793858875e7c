import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What every command does on a machine that lacks something.
@Suite(.serialized) struct EveryCommandTests {
  /// Every command with arguments for which it prints something, after a run.
  private static let commands =
    [
      "init new.yaml", "check t.yaml", "data t.yaml", "plan t.yaml",
      "why t.yaml base", "run t.yaml --json", "submit t.yaml --dry-run", "cancel t.yaml",
      "status t.yaml", "logs t.yaml base", "show t.yaml base", "compare t.yaml",
      "compare t.yaml --group", "compare t.yaml --csv", "report t.yaml",
      "export weights t.yaml base -o w", "export metrics t.yaml base",
      "export predictions t.yaml test -o p.csv", "export features t.yaml seen -o f",
      "store verify", "store du", "store gc t.yaml", "store remove t.yaml test",
      "store export t.yaml -o s.tar", "store import study.tar", "bench t.yaml --batch 1", "doctor",
    ]
    + [
      "check t.yaml", "data t.yaml", "plan t.yaml", "why t.yaml base", "status t.yaml",
      "show t.yaml base", "compare t.yaml", "store verify", "store du",
      "store import study.tar", "doctor",
    ].map { $0 + " --json" } + ["--help", "--version", "--generate-completion-script bash"]

  /// Commands that users do not call, and that print nothing.
  private static let hidden = ["task"]

  private static let pipeline = """
    cambium: 1
    datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 2}}}
    networks: {net: {input: [3, 32, 32], layers: {fc1: [dense: 8, relu], fc2: [dense: classes]}}}
    solvers: {sgd: {batch: 16, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      test: {evaluate: {network: base}}
      seen: {features: {network: base, layers: fc1}}
    """

  private func afterARun(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(Self.pipeline, to: folder.appending("t.yaml"))
      for arguments in [["run", "t.yaml"], ["store", "export", "t.yaml", "-o", "study.tar"]] {
        let outcome = try Program.run(arguments, in: folder)
        try #require(outcome.status == 0, "\(outcome)")
      }
      try body(folder)
    }
  }

  private func words(_ command: String) -> [String] {
    command.split(separator: " ").map(String.init)
  }

  /// A command without a line above would not be tested.
  @Test func everyCommandIsHere() throws {
    func names(_ command: Value) -> [[String]] {
      let name = command["commandName"]?.asString ?? ""
      let below = (command["subcommands"]?.asList ?? []).filter {
        $0["commandName"] != "help"
      }
      return below.isEmpty ? [[name]] : below.flatMap(names).map { [name] + $0 }
    }
    try withTemporaryFolder { folder in
      let help = try Program.run("--experimental-dump-help", in: folder)
      let all = names(try #require(try Value(json: help.output)["command"])).map {
        $0.dropFirst().joined(separator: " ")
      }
      try #require(all.count > 20)
      for name in all where !Self.hidden.contains(name) {
        #expect(Self.commands.contains { ($0 + " ").hasPrefix(name + " ") }, "\(name)")
      }
    }
  }

  @Test func outputThatCannotBeWrittenIsAFailure() throws {
    try afterARun { folder in
      for command in Self.commands {
        let outcome = try Program.start(
          words(command), in: folder, script: "exec \"$0\" \"$@\" > /dev/full"
        ).outcome()
        #expect(outcome.status == 1 && !outcome.wasEndedBySignal, "\(command): \(outcome)")
        #expect(
          outcome.errors.hasSuffix("error: standard output could not be written completely\n"),
          "\(command): \(outcome)")
      }
    }
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a small file system is refused here"))
  func filesThatCannotBeWrittenAreErrors() throws {
    try afterARun { folder in
      try SmallDisk.withDisk(kilobytes: 64) { disk in
        try disk.fill(leaving: 0)
        let place = disk.folder.appending("x").string
        for command in [
          "init \(place).yaml", "data t.yaml -o \(place).html", "data t.yaml -o \(place).svg",
          "data t.yaml --images \(place).csv", "report t.yaml -o \(place)",
          "export weights t.yaml base -o \(place)", "export metrics t.yaml base -o \(place)",
          "export metrics t.yaml base --format tensorboard -o \(place)",
          "export predictions t.yaml test -o \(place).csv",
          "export features t.yaml seen -o \(place)",
          "store export t.yaml -o \(place).tar", "store import study.tar --store \(place)",
          "run t.yaml --store \(place)", "show t.yaml base --figures \(place)",
        ] {
          let outcome = try Program.run(words(command), in: folder)
          #expect([1, 2].contains(outcome.status), "\(command): \(outcome)")
          #expect(!outcome.wasEndedBySignal && outcome.errors.contains("error: "), "\(outcome)")
        }
      }
    }
  }

  /// No thread beside the first is granted, as under a limit on processes.
  @Test func withoutAnotherThreadEverythingIsDoneOrRefused() throws {
    let faults = try MachineFaults.shared.get()
    let failure = MachineFaults.Failure(
      call: "pthread_create", first: 1, isLasting: true, code: EAGAIN)
    try afterARun { folder in
      for command in Self.commands + ["run t.yaml --store fresh --threads 4 --jobs 2"] {
        let program = try Program.start(
          words(command), in: folder, environment: faults.environment(failing: failure))
        guard program.ends(within: 120_000_000) else {
          kill(program.id, SIGKILL)
          Issue.record("\(command) hangs: \(try program.outcome())")
          continue
        }
        let outcome = try program.outcome()
        #expect(
          !outcome.wasEndedBySignal && (0...2).contains(outcome.status), "\(command): \(outcome)")
        if outcome.status != 0, command != "doctor", command != "doctor --json" {
          #expect(outcome.errors.contains("error: "), "\(command): \(outcome)")
        }
      }
    }
  }
}
