import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

private let pipeline = """
  cambium: 1
  name: shared
  datasets: {shapes: {source: builtin:shapes, examples: {train: 16, test: 4}}}
  networks:
    net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 8, kernel: 5, stride: 2}, relu], fc2: [dense: classes]}}
  solvers: {sgd: {batch: 16, epochs: 4, rate: 0.01}}
  stages:
    "base-${n}":
      for: {n: 1..4}
      train: {network: net, on: shapes, solver: sgd, seed: "${n}"}
    "test-${n}":
      for: {n: 1..4}
      evaluate: {network: "base-${n}"}
    table: {report: all}
  """

/// Several programs at work on one store.
@Suite struct SharedStoreTests {
  private let files = LocalFileSystem()

  private func inFolder(_ text: String = pipeline, _ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try files.write(text, to: folder.appending("shared.yaml"))
      try body(folder)
    }
  }

  /// The events of all runs on a folder's store.
  private func events(_ folder: FilePath) throws -> [Value] {
    let logs = folder.appending(".cambium").appending("logs")
    return try files.names(in: logs).filter { $0.hasSuffix(".jsonl") }.flatMap { name in
      let text = String(decoding: try files.read(logs.appending(name)), as: UTF8.self)
      return try text.split(separator: "\n").map { try Value(json: String($0)) }
    }
  }

  /// The stages that were computed, in order of their names.
  private func produced(_ folder: FilePath) throws -> [String] {
    try events(folder).filter {
      $0["event"] == "stage-finished" && $0["outcome"] == "produced"
    }.compactMap { $0["stage"]?.asString }.sorted()
  }

  private static let stages = [
    "base-1", "base-2", "base-3", "base-4", "prepare-shapes", "table", "test-1", "test-2", "test-3",
    "test-4",
  ]

  @Test(arguments: [2, 4]) func everyStageIsComputedOnceByProgramsAtOnce(_ count: Int) throws {
    try inFolder { folder in
      let programs = try (0..<count).map {
        try Program.start(
          ["run", "shared.yaml", "--threads", "1", "--jobs", "\(1 + $0 % 2)"], in: folder,
          named: "\($0)")
      }
      let outcomes = try programs.map { try $0.outcome() }
      for outcome in outcomes { #expect(outcome.status == 0, "\(outcome.errors)") }
      #expect(Set(outcomes.map(\.output)).count == 1)
      #expect(try produced(folder) == Self.stages)
      let store = folder.appending(".cambium")
      #expect(try files.names(in: store.appending("claims")).isEmpty)
      #expect(try files.names(in: store.appending("tmp")).isEmpty)
    }
  }

  private func wait(for condition: () throws -> Bool) throws {
    for _ in 0..<20_000 {
      if try condition() { return }
      usleep(1000)
    }
    throw DiagnosticError("it never came")
  }

  /// A training that goes on for longer than any test waits.
  private static let endless = pipeline.replacing("epochs: 4", with: "epochs: 1000000")

  @Test func aStoppedProgramIsNamedByThoseThatWaitForIt() throws {
    try inFolder(Self.endless) { folder in
      let run = ["run", "shared.yaml", "--threads", "1", "--only", "base-1"]
      let first = try Program.start(run, in: folder, named: "1")
      defer { kill(first.id, SIGKILL) }
      try wait { try first.errors.contains("start  base-1") }
      func status() throws -> Program.Outcome {
        try Program.run("status", "shared.yaml", "--json", in: folder)
      }
      func isStopped() throws -> Value? {
        try Value(json: status().output)["running"]?.asList?.first?["is-stopped"]
      }
      #expect(try isStopped() == false)
      kill(first.id, SIGSTOP)
      try wait { try isStopped() == true }
      let text = try Program.run("status", "shared.yaml", in: folder).output
      #expect(text.contains("stopped ('kill -CONT \(first.id)' continues it)"), "\(text)")
      let second = try Program.start(run, in: folder, named: "2")
      try wait {
        try second.errors.contains("process \(first.id), which computes stage 'base-1', is stopped")
      }
      #expect(try second.errors.contains("'kill -KILL \(first.id)' ends it"))
      kill(first.id, SIGKILL)
      try wait { try second.errors.contains("start  base-1") }
      kill(second.id, SIGTERM)
      #expect(try second.outcome().status == 1)
    }
  }

  @Test func killedProgramsStagesAreTakenOverAndAWaitingOneStopsOnRequest() throws {
    try inFolder(Self.endless) { folder in
      let run = ["run", "shared.yaml", "--threads", "1", "--only", "base-1"]
      let first = try Program.start(run, in: folder, named: "1")
      try wait { try first.errors.contains("start  base-1") }
      let second = try Program.start(run, in: folder, named: "2")
      try wait { try second.errors.contains("wait   base-1  (computed by process \(first.id) on ") }
      // What others read is not held up.
      let plan = try Program.run("plan", "shared.yaml", in: folder)
      #expect(plan.status == 0)

      kill(first.id, SIGKILL)
      #expect(try first.outcome().status != 0)
      try wait { try second.errors.contains("start  base-1") }
      let third = try Program.start(run, in: folder, named: "3")
      try wait { try third.errors.contains("wait   base-1  (computed by process \(second.id) on ") }
      kill(third.id, SIGINT)
      #expect(try third.outcome().status == 1)
      kill(second.id, SIGTERM)
      #expect(try second.outcome().status == 1)
      #expect(
        try files.names(in: folder.appending(".cambium").appending("claims")).isEmpty)
    }
  }
}
