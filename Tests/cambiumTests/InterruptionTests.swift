import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Signals while files are read or written that take long.
@Suite(.serialized) struct InterruptionTests {
  private let files = LocalFileSystem()

  /// Makes a file so long that to read it takes many seconds; its end is a hole and takes no space.
  private func lengthen(_ path: FilePath) throws {
    try #require(truncate(path.string, 40 << 30) == 0)
  }

  /// Bytes that a process has read so far.
  private func bytesRead(_ id: Int32) -> Int {
    guard let text = try? files.contents(of: FilePath("/proc/\(id)/io")),
      let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first,
      let number = line.split(separator: " ").last
    else { return 0 }
    return Int(number) ?? 0
  }

  private func expectNothingIsKept(_ pipeline: String, in folder: FilePath) throws {
    try files.write(pipeline, to: folder.appending("long.yaml"))
    let program = try Program.start(["run", "long.yaml"], in: folder)
    for _ in 0..<20_000 where program.isRunning && bytesRead(program.id) < 100 << 20 {
      usleep(1000)
    }
    let asked = ContinuousClock.now
    kill(program.id, SIGINT)
    let outcome = try program.outcome()
    print("reading ended after \(ContinuousClock.now - asked)")
    #expect(outcome.status == 1, "\(outcome)")
    // Warnings of the file come before.
    #expect(
      outcome.errors.hasSuffix("stopped on request: unfinished reads and writes are discarded\n"))
    let noted = try files.names(in: folder.appending(".cambium/inspections"))
    #expect(!noted.contains { $0.hasPrefix("path_") || $0.hasPrefix("weights_") })
  }

  @Test func hashingAnArchiveEndsOnRequest() throws {
    try withTemporaryFolder { folder in
      let image = TinyPNG.image(color: [1, 2, 3])
      try writeArchive(
        ["train/a/1", "test/a/1", "train/b/1", "test/b/1"].map { .file($0 + ".png", image) },
        to: folder.appending("long.tar"), kind: .tar)
      try lengthen(folder.appending("long.tar"))
      try expectNothingIsKept(
        """
        cambium: 1
        datasets: {long: {source: long.tar}}
        networks: {net: {input: [3, 8, 8], layers: {fc: [dense: classes]}}}
        solvers: {sgd: {batch: 2, epochs: 2, rate: 0.01}}
        stages: {base: {train: {network: net, on: long, solver: sgd}}}
        """, in: folder)
    }
  }

  @Test(arguments: [SIGKILL, SIGINT]) func preparingGoesOnWhereItWasCutShort(signal: Int32) throws {
    try withTemporaryFolder { folder in
      try files.write(
        """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 1500, test: 1}}}
        networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
        solvers: {sgd: {batch: 2, iterations: 1, rate: 0.01}}
        stages: {base: {train: {network: net, on: shapes, solver: sgd}}}
        """, to: folder.appending("p.yaml"))
      let prepare = [
        "run", "p.yaml", "--only", "prepare-shapes", "--checkpoint", "0.05", "--store",
      ]
      let whole = try Program.run(prepare + ["whole"], in: folder)
      #expect(whole.status == 0, "\(whole)")
      let unfinished = folder.appending("cut/unfinished")
      func bookmarks() throws -> [FilePath] {
        try files.names(in: unfinished).map { unfinished.appending($0) }.flatMap { stage in
          try files.names(in: stage).map {
            stage.appending($0).appending("images.packed.bookmark")
          }
        }.filter { try files.exists($0) }
      }
      let program = try Program.start(prepare + ["cut"], in: folder)
      for _ in 0..<20_000 where program.isRunning {
        if try !bookmarks().isEmpty { break }
        usleep(500)
      }
      kill(program.id, signal)
      let outcome = try program.outcome()
      #expect(outcome.status != 0, "\(outcome)")
      if signal == SIGINT {
        #expect(
          outcome.errors.contains(
            "stop   prepare-shapes  (saved in part; the same command resumes it)\n"))
      }
      let bookmark = try #require(try bookmarks().first)
      let done = try #require(try Value(json: files.read(bookmark))["items"]?.asInteger)
      #expect(done > 0 && done < 15_010)
      let rest = try Program.run(prepare + ["cut", "--json"], in: folder)
      #expect(rest.status == 0, "\(rest)")
      let events = try rest.output.split(separator: "\n").map { try Value(json: Array($0.utf8)) }
      let progress = events.filter { $0["event"] == "stage-progress" }
      // Nothing of what was there is done again.
      #expect(progress.first?["completed"] == .integer(done))
      #expect(try files.names(in: unfinished).isEmpty)
      func objects(_ store: String) throws -> [[String]] {
        try files.names(in: folder.appending(store).appending("objects")).map {
          try files.names(in: folder.appending(store).appending("objects").appending($0))
        }
      }
      #expect(try objects("cut") == objects("whole"))
    }
  }

  /// The message agrees with the plan that follows.
  @Test func aStoppedTrainingRunSaysWhereItResumes() throws {
    try withTemporaryFolder { folder in
      try files.write(
        """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 4, test: 1}}}
        networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
        solvers: {sgd: {batch: 2, iterations: 10000000, rate: 0.0001}}
        stages: {base: {train: {network: net, on: shapes, solver: sgd}}}
        """, to: folder.appending("p.yaml"))
      let program = try Program.start(["run", "p.yaml"], in: folder)
      try program.waitForError("start  base")
      usleep(300_000)
      kill(program.id, SIGTERM)
      let outcome = try program.outcome()
      #expect(outcome.status == 1, "\(outcome)")
      let plan = try Value(json: Program.run("plan", "p.yaml", "--json", in: folder).output)
      let reason = plan["stages"]?.asList?.first { $0["name"] == "base" }?["reason"]
      let iteration = try #require(reason?["iteration"]?.asInteger)
      #expect(
        outcome.errors.contains(
          "stop   base  (saved at iteration \(grouped(iteration)) of 10,000,000; "
            + "the same command resumes it)\n"), "\(outcome)")
      let logs = try Program.run("logs", "p.yaml", "base", in: folder)
      #expect(
        logs.output.hasSuffix(
          "  stopped, saved at iteration \(grouped(iteration)) of 10,000,000\n"),
        "\(logs)")
      // An edit makes it another training run, and the state is of no use to it.
      let text = String(decoding: try files.read(folder.appending("p.yaml")), as: UTF8.self)
      try files.write(
        text.replacing("rate: 0.0001", with: "rate: 0.0001, momentum: 0.5"),
        to: folder.appending("p.yaml"))
      let why = try Program.run("why", "p.yaml", "base", in: folder)
      #expect(why.output.contains("since its settings have changed\n  solver.momentum "), "\(why)")
      #expect(
        why.output.contains(
          "\nunfinished   \(grouped(iteration)) iterations under other settings, not used\n"),
        "\(why)")
      let status = try Program.run("status", "p.yaml", in: folder)
      #expect(status.output.contains("to run (solver.momentum "), "\(status)")
      #expect(try Program.run("store", "verify", "p.yaml", in: folder).status == 0)
    }
  }

  @Test func aFileThatIsCutOffWhileItIsReadEndsTheProgramWithAMessage() throws {
    try withTemporaryFolder { folder in
      try files.write(
        """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 50, test: 1}}}
        networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
        solvers: {sgd: {batch: 16, epochs: 100000, rate: 0.01}}
        stages: {base: {train: {network: net, on: shapes, solver: sgd}}}
        """, to: folder.appending("p.yaml"))
      let program = try Program.start(["run", "p.yaml"], in: folder)
      try program.waitForError("start  base")
      usleep(200_000)
      let objects = folder.appending(".cambium/objects")
      let paths = try files.names(in: objects).flatMap { shard in
        try files.names(in: objects.appending(shard)).map { objects.appending(shard).appending($0) }
      }
      try #require(paths.count == 1)
      try #require(chmod(paths[0].string, 0o644) == 0 && truncate(paths[0].string, 0) == 0)
      let outcome = try program.outcome()
      #expect(outcome.status == 1, "\(outcome)")
      #expect(outcome.errors.contains("a file of the store was truncated by another program"))
    }
  }

  @Test func hashingWeightsEndsOnRequest() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("long.safetensors")
      let numbers = (40 << 30) - 8 - 80
      var header =
        #"{"far":{"dtype":"F32","shape":[\#(numbers / 4)],"data_offsets":[0,\#(numbers)]}}"#
      header += String(repeating: " ", count: 80 - header.utf8.count)
      try files.write([80, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8), to: path)
      try lengthen(path)
      try expectNothingIsKept(
        """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 4, test: 1}}}
        networks: {net: {input: [3, 32, 32], layers: {far: [dense: 4], fc: [dense: classes]}}}
        solvers: {sgd: {batch: 2, epochs: 2, rate: 0.01}}
        stages:
          base:
            transfer: {from: long.safetensors, network: net, layers: {far: freeze, rest: initialize}, on: shapes, solver: sgd}
        """, in: folder)
    }
  }

  /// A training that would take an hour.
  private func writeLongTraining(to folder: FilePath) throws {
    try files.write(
      """
      cambium: 1
      datasets: {shapes: {source: builtin:shapes, examples: {train: 20, test: 1}}}
      networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
      solvers: {sgd: {batch: 16, epochs: 1000000, rate: 0.0001}}
      stages: {base: {train: {network: net, on: shapes, solver: sgd}}}
      """, to: folder.appending("p.yaml"))
  }

  private func expectAState(in folder: FilePath, _ what: String) throws {
    let plan = try Program.run("plan", "p.yaml", in: folder)
    #expect(plan.output.contains("from iteration"), "\(what): \(plan.output)")
  }

  /// What batch systems, terminals and limits of processor time send before they kill.
  @Test(arguments: [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU])
  func signalsThatComeBeforeTheEndSaveAState(signal: Int32) throws {
    try withTemporaryFolder { folder in
      try writeLongTraining(to: folder)
      let program = try Program.start(["run", "p.yaml", "--checkpoint", "1000"], in: folder)
      try program.waitForError("start  base")
      usleep(300_000)
      kill(program.id, signal)
      // A limit of processor time is told every second.
      if signal == SIGXCPU || signal == SIGUSR1 { kill(program.id, signal) }
      let outcome = try program.outcome()
      #expect(outcome.status == 1 && !outcome.wasEndedBySignal, "\(signal): \(outcome)")
      try expectAState(in: folder, "\(signal)")
    }
  }

  @Test func outputThatNobodyReadsStopsARunWithAState() throws {
    try withTemporaryFolder { folder in
      try writeLongTraining(to: folder)
      let program = try Program.start(
        ["run", "p.yaml", "--json", "--checkpoint", "1000"], in: folder,
        script: #"{ "$0" "$@" 2> errors; echo $? > status; } | { head -n 4 > /dev/null; sleep 2; }"#
      )
      _ = try program.outcome()
      let status = String(decoding: try files.read(folder.appending("status")), as: UTF8.self)
      let errors = String(decoding: try files.read(folder.appending("errors")), as: UTF8.self)
      #expect(status == "1\n", "\(status) \(errors)")
      try expectAState(in: folder, errors)
    }
  }

  @Test func whoeverOutlivesTheTerminalIsNotStoppedByIt() throws {
    try withTemporaryFolder { folder in
      try writeLongTraining(to: folder)
      let program = try Program.start(
        ["run", "p.yaml", "--checkpoint", "1000"], in: folder,
        script: #"trap '' HUP; exec "$0" "$@""#)
      try program.waitForError("start  base")
      kill(program.id, SIGHUP)
      usleep(500_000)
      #expect(program.isRunning)
      kill(program.id, SIGTERM)
      #expect(try program.outcome().status == 1)
    }
  }
}
