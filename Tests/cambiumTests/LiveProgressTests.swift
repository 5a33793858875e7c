import Basics
import SystemPackage
import TestSupport
import Testing

/// What users see of a run while it runs, and afterwards: logs, status, TensorBoard's files.
@Suite struct LiveProgressTests {
  private let pipeline = """
    cambium: 1
    name: live
    datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 4}, hold-out: {per-class: 2}}}
    networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
    solvers: {sgd: {batch: 16, epochs: 400, rate: 0.001}}
    stages: {base: {train: {network: net, on: shapes, solver: sgd, validate: {every: 100 epochs}}}}
    """

  private func inFolder(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(pipeline, to: folder.appending("live.yaml"))
      try body(folder)
    }
  }

  @Test func logsSayWhatAStageDid() throws {
    try inFolder { folder in
      let none = try Program.run("logs", "live.yaml", "base", in: folder)
      #expect(none.status == 2)
      #expect(none.errors.contains("no run has logged anything about stage 'base'"))
      let unknown = try Program.run("logs", "live.yaml", "bass", in: folder)
      #expect(unknown.status == 2 && unknown.errors.contains("'bass'"))

      #expect(try Program.run("run", "live.yaml", in: folder).status == 0)
      // Over already: nothing is waited for.
      let logs = try Program.run("logs", "live.yaml", "base", "--follow", in: folder)
      #expect(logs.status == 0, "\(logs.errors)")
      let lines = logs.output.split(separator: "\n")
      #expect(
        lines.first?.hasPrefix("run ") == true && lines.first?.contains(" of live on ") == true)
      #expect(lines.contains { $0.hasSuffix("  started (train)") })
      #expect(lines.last?.hasSuffix("  produced") == true)
      let status = try Program.run("status", "live.yaml", "--follow", in: folder)
      let plain = try Program.run("status", "live.yaml", in: folder)
      #expect(status.status == 0 && status.output == plain.output + "\n")
    }
  }

  @Test func whatIsShownOfKeptWeightsIsOfTheirIteration() throws {
    try inFolder { folder in
      try LocalFileSystem().write(
        pipeline.replacing("rate: 0.001", with: "rate: 0.05")
          .replacing("every: 100 epochs", with: "every: 1 epoch, keep: best")
          .replacing("epochs: 400", with: "epochs: 40"), to: folder.appending("best.yaml"))
      #expect(try Program.run("run", "best.yaml", in: folder).status == 0)
      let show = try Program.run("show", "best.yaml", "base", in: folder).output
      let kept = try #require(
        show.firstMatch(of: /its weights are those after ([0-9,]+) iterations?, the best/))
      #expect(show.contains(" validation images after \(kept.1) iteration"), "\(show)")
      #expect(show.contains("every 1 epoch, keep best\n"), "\(show)")
    }
  }

  /// Runs the pipeline, and follows a stage of it meanwhile.
  private func follow(_ stage: String, in folder: FilePath) throws -> Program.Outcome {
    let run = try Program.start(["run", "live.yaml"], in: folder, named: "run")
    // The follower may be there before the first line of the log.
    var follower = try Program.run("logs", "live.yaml", stage, "--follow", in: folder)
    for _ in 0..<1000 where follower.status != 0 && run.isRunning {
      follower = try Program.run("logs", "live.yaml", stage, "--follow", in: folder)
    }
    #expect(try run.outcome().status == 0)
    #expect(follower.status == 0, "\(follower.errors)")
    return follower
  }

  @Test func followersSeeAStageToItsEnd() throws {
    try inFolder { folder in
      let follower = try follow("base", in: folder)
      #expect(follower.output.split(separator: "\n").last?.hasSuffix("  produced") == true)
    }
  }

  @Test func followersWaitForAStageThatHasNotBegun() throws {
    try inFolder { folder in
      try LocalFileSystem().write(
        pipeline.replacing("stages: {", with: "stages: {test: {evaluate: {network: base}}, ")
          .replacing("epochs: 400", with: "epochs: 1000"), to: folder.appending("live.yaml"))
      let follower = try follow("test", in: folder)
      let lines = follower.output.split(separator: "\n")
      #expect(lines.first?.hasPrefix("waits for run ") == true, "\(follower.output)")
      #expect(lines.last?.hasSuffix("  produced") == true, "\(follower.output)")

      // Runs that only used a result do not hide the one that computed it.
      #expect(try Program.run("run", "live.yaml", "--force", "test", in: folder).status == 0)
      let logs = try Program.run("logs", "live.yaml", "base", in: folder).output
      #expect(logs.contains("started (train)") && !logs.contains("reused"), "\(logs)")
    }
  }

  @Test func noMeasurementStopsTheCountOfImages() throws {
    try inFolder { folder in
      try LocalFileSystem().write(
        pipeline.replacing("every: 100 epochs", with: "every: 1 epoch"),
        to: folder.appending("live.yaml"))
      let run = try Program.run("run", "live.yaml", "--json", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let speeds = try run.output.split(separator: "\n").compactMap {
        try Value(json: Array($0.utf8))["images-per-second"]?.double
      }
      #expect(!speeds.isEmpty && speeds.allSatisfy { $0 > 0 }, "\(speeds.filter { $0 <= 0 })")
    }
  }

  @Test func tensorBoardReadsARunWhileItRuns() throws {
    try inFolder { folder in
      let run = try Program.run("run", "live.yaml", "--tensorboard", "board", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let own = folder.appending("board/base")
      let names = try LocalFileSystem().names(in: own)
      let name = try #require(names.first)
      #expect(names.count == 1 && name.hasPrefix("events.out.tfevents."))
      let bytes = try LocalFileSystem().read(own.appending(name))
      // As text, checksums may combine with the letters beside them.
      for tag in ["brain.Event:2", "loss", "accuracy", "validation/accuracy"] {
        #expect(bytes.firstRange(of: Array(tag.utf8)) != nil, "\(tag)")
      }
      // Preparing has nothing to plot.
      #expect(try LocalFileSystem().names(in: folder.appending("board")) == ["base"])
      // A file in the way is a warning, not the end of the run.
      try LocalFileSystem().write("no folder", to: folder.appending("file"))
      let blocked = try Program.run(
        "run", "live.yaml", "--force", "base", "--tensorboard", "file", in: folder)
      #expect(blocked.status == 0 && blocked.errors.contains("warning: "), "\(blocked.errors)")
    }
  }
}
