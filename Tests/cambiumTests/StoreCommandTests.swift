import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

private let pipeline = """
  cambium: 1
  name: tiny
  params: {rate: 0.01, epochs: 1}
  datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 4}}}
  networks:
    net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}, relu], fc2: [dense: classes]}}
  solvers: {sgd: {batch: 4, epochs: "${epochs}", rate: "${rate}"}}
  stages:
    base: {train: {network: net, on: shapes, solver: sgd}}
    test: {evaluate: {network: base}}
    table: {report: all}
  """

/// `cambium store …` and `cambium status` as users meet them.
@Suite struct StoreCommandTests {
  private let files = LocalFileSystem()

  private func inFolder(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try files.write(pipeline, to: folder.appending("tiny.yaml"))
      try body(folder)
    }
  }

  private func store(_ arguments: String..., in folder: FilePath) throws -> Program.Outcome {
    try Program.run(["store"] + arguments, in: folder)
  }

  @Test func damageIsFoundToldAndMendedByTheNextRun() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let well = try store("verify", in: folder)
      #expect(well.status == 0 && well.output.contains("4 results, "))
      #expect(well.output.hasSuffix(": no damage\n"))

      let show = try Program.run("show", "tiny.yaml", "base", "--json", in: folder)
      let digest = try #require(
        try Value(json: show.output)["outputs"]?["weights.safetensors"]?["digest"]?.asString)
      let path = folder.appending(".cambium/objects/\(digest.prefix(2))").appending(digest)
      var bytes = try files.read(path)
      bytes[bytes.count - 1] ^= 1
      try files.write(bytes, to: path)

      let found = try store("verify", in: folder)
      #expect(found.status == 1)
      #expect(
        found.output.contains(
          "): the content of its output 'weights.safetensors' has changed"
        ))
      // Weights that are not those that were trained do not leave the store.
      let export = try Program.run("export", "tiny.yaml", "base", "-o", "out", in: folder)
      #expect(export.status == 1, "\(export.errors)")
      #expect(export.errors.contains("the result of stage 'base' is damaged"))

      let repaired = try store("verify", "tiny.yaml", "--repair", "--json", in: folder)
      #expect(repaired.status == 1)
      #expect(try store("verify", in: folder).status == 0)
      let again = try Program.run("run", "tiny.yaml", in: folder)
      #expect(again.errors.contains("1 run, 3 cached"), "\(again.errors)")
      #expect(try files.read(path).count == bytes.count)
    }
  }

  /// Every stage that a run computes, its plan has named.
  @Test func plansSeeDamagedRecords() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let records = folder.appending(".cambium/records")
      let paths = try files.names(in: records).flatMap { shard in
        try files.names(in: records.appending(shard)).map { records.appending(shard).appending($0) }
      }
      #expect(paths.count == 4)
      for path in paths {
        let whole = try files.read(path)
        var flipped = whole
        flipped[whole.count - 200] ^= 1
        for damaged in [Array(whole.prefix(whole.count / 2)), flipped] {
          try files.write(damaged, to: path)
          let plan = try Program.run("plan", "tiny.yaml", "--exit-code", in: folder)
          #expect(plan.status == 3 && plan.output.contains("its record is damaged"), "\(plan)")
          let report = try Program.run("report", "tiny.yaml", in: folder)
          #expect(report.errors.contains("left out: its record is damaged"), "\(report)")
          let archive = try Program.run("store", "export", "tiny.yaml", "-o", "s.tar", in: folder)
          #expect(archive.errors.contains("left out: its record is damaged"), "\(archive)")
          let run = try Program.run("run", "tiny.yaml", in: folder)
          #expect(run.errors.contains("1 of 4 stages to run"), "\(run.errors)")
          #expect(run.errors.contains("1 run, 3 cached"), "\(run.errors)")
        }
      }
    }
  }

  /// What a report reads is compared with its record, weights included, and what it says about the next run is true.
  @Test(arguments: ["series.csv", "load-report.json", "weights.safetensors"])
  func reportsSetDamagedFilesAside(name: String) throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let report = ["report", "tiny.yaml", "-o", "report"]
      #expect(try Program.run(report, in: folder).status == 0)
      let text = folder.appending("report/accuracy.txt")
      let before = try files.read(text)
      let show = try Program.run("show", "tiny.yaml", "base", "--json", in: folder)
      let digest = try #require(
        try Value(json: show.output)["outputs"]?[name]?["digest"]?.asString)
      let path = folder.appending(".cambium/objects/\(digest.prefix(2))").appending(digest)
      var bytes = try files.read(path)
      bytes[bytes.count / 2] ^= 1
      try files.write(bytes, to: path)
      let damaged = try Program.run(report, in: folder)
      #expect(damaged.status == 1, "\(damaged)")
      #expect(damaged.errors.contains("'\(name)' of stage 'base' is damaged"), "\(damaged)")
      let run = try Program.run("run", "tiny.yaml", in: folder)
      #expect(run.errors.contains("1 run, 3 cached"), "\(run.errors)")
      #expect(try Program.run(report, in: folder).status == 0)
      #expect(try files.read(text) == before)
    }
  }

  /// One damaged result keeps no others from being exported.
  @Test func metricsOfDamagedResultsAreLeftOut() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let show = try Program.run("show", "tiny.yaml", "base", "--json", in: folder)
      let digest = try #require(
        try Value(json: show.output)["outputs"]?["weights.safetensors"]?["digest"]?.asString)
      let path = folder.appending(".cambium/objects/\(digest.prefix(2))").appending(digest)
      var bytes = try files.read(path)
      bytes[100] ^= 1
      try files.write(bytes, to: path)
      let archive = try store("export", "tiny.yaml", "-o", "s.tar", in: folder)
      #expect(
        archive.status == 1
          && archive.errors.contains("'weights.safetensors' of stage 'base' is damaged"),
        "\(archive)")
      #expect(try !files.exists(folder.appending("s.tar")))
      // It was set aside, and the rest can be exported.
      #expect(try store("export", "tiny.yaml", "-o", "s.tar", in: folder).status == 0)
      let all = try Program.run("export", "metrics", "tiny.yaml", in: folder)
      #expect(all.status == 0 && all.output.contains("\ntest,"), "\(all)")
      #expect(
        !all.output.contains("\nbase,") && all.errors.contains("stage 'base' is left out"), "\(all)"
      )
      let one = try Program.run("export", "metrics", "tiny.yaml", "base", in: folder)
      #expect(one.status == 1, "\(one)")
    }
  }

  @Test func commandsWithoutAStageSayWhatTheyNeed() throws {
    try inFolder { folder in
      for command in ["show", "why"] {
        let outcome = try Program.run(command, "tiny.yaml", in: folder)
        #expect(outcome.status == 2 && outcome.errors.contains("name a stage"), "\(outcome)")
        #expect(!outcome.errors.contains("USAGE"), "\(outcome)")
      }
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let elsewhere = try Program.run(
        "doctor", folder.appending("tiny.yaml").string, "--json", in: "/")
      #expect(try Value(json: elsewhere.output)["store"]?["stages"] == 4, "\(elsewhere)")
    }
  }

  @Test func aFullDiskIsNoMistakeInTheArguments() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let export = try Program.run("export", "metrics", "tiny.yaml", "-o", "/dev/full", in: folder)
      #expect(export.status == 1 && export.errors.contains("No space left on device"), "\(export)")
    }
  }

  @Test func spaceIsToldAndFreedOnlyOnRequest() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      #expect(
        try Program.run("run", "tiny.yaml", "--set", "rate=0.02", in: folder).status == 0)
      let usage = try Value(json: store("du", "--json", in: folder).output)
      let stages = usage["results"]?.asList?.compactMap { $0["stages"]?.asInteger }
      #expect(stages?.reduce(0, +) == 7)
      #expect(try store("du", "tiny.yaml", in: folder).output.hasPrefix("PIPELINE "))

      let none = try store("gc", in: folder)
      #expect(none.output == "nothing to free now\n")
      let dry = try store("gc", "tiny.yaml", in: folder)
      #expect(dry.output.contains("  train 'base' of pipeline 'tiny'  ("))
      #expect(dry.output.contains("to free once it is 1 h 00 min old: "), "\(dry.output)")
      #expect(dry.output.hasSuffix("nothing was removed; add --yes to remove it\n"))
      let kept = try store("gc", "tiny.yaml", "--older-than", "1d", in: folder)
      #expect(kept.output == none.output)
      #expect(try store("verify", in: folder).output.hasPrefix("7 results"))
      let done = try store("gc", "tiny.yaml", "--set", "rate=0.02", "--yes", in: folder)
      #expect(done.output.contains("\nremoved "), "\(done.output)")
      #expect(try store("verify", in: folder).output.hasPrefix("4 results"))
      // What is young goes where the user says that nothing runs.
      let later = try store("gc", in: folder)
      #expect(later.output.contains("to free once it is 1 h 00 min old: "), "\(later.output)")
      let rest = try store("gc", "--grace", "0m", "--yes", in: folder)
      #expect(rest.output.contains("to free now: ") && rest.output.contains("\nremoved "))
      #expect(try store("gc", in: folder).output == none.output)
      let plan = try Program.run(
        "plan", "tiny.yaml", "--set", "rate=0.02", "--exit-code", in: folder)
      #expect(plan.status == 0)
      for wrong in [
        ["gc", "--older-than", "soon"], ["verify", "--store", "none"], ["du", "x/y"],
      ] {
        #expect(try Program.run(["store"] + wrong, in: folder).status == 2)
      }
    }
  }

  @Test func statusTellsWhatRunsAndWhatFailed() throws {
    try inFolder { folder in
      let wild = try Program.run("run", "tiny.yaml", "--set", "rate=1e30", in: folder)
      #expect(wild.status == 1)
      let failed = try Program.run(
        "status", "tiny.yaml", "--set", "rate=1e30", "--json", in: folder)
      let value = try Value(json: failed.output)
      let states = value["stages"]?.asList?.map {
        "\($0["stage"]?.asString ?? "") \($0["state"]?.asString ?? "")"
      }
      #expect(states == ["prepare-shapes done", "base failed", "test to run", "table to run"])
      // As the file stands, nothing of it has failed.
      let plain = try Program.run("status", "tiny.yaml", in: folder)
      #expect(plain.output.contains("stages: 1 done, 3 to run\n"), "\(plain)")
      #expect(plain.output.hasPrefix("running\n  none\n"))
      #expect(plain.output.contains("  tiny (rate=1e30)  "), "\(plain)")
      #expect(
        plain.output.hasSuffix(
          "the stages are those of the file without --set; some runs had other settings\n"))
      #expect(value["runs"]?.asList?[0]["settings"] == ["rate=1e30"])

      let running = try Program.start(
        ["run", "tiny.yaml", "--set", "epochs=1000000"], in: folder, named: "long")
      for _ in 0..<10_000 where try !running.errors.contains("start  base") { usleep(1000) }
      let busy = try Program.run("status", in: folder)
      #expect(
        busy.output.contains("base  process \(running.id) on "), "\(busy.output)")
      #expect(busy.output.contains(", for pipeline 'tiny' (epochs=1000000)"), "\(busy.output)")
      // What it uses is not cleaned away from under it.
      try files.write(
        pipeline.replacing("train: 8", with: "train: 9"), to: folder.appending("other.yaml"))
      let clean = try store("gc", "other.yaml", in: folder)
      #expect(!clean.output.contains("prepare-shapes"), "\(clean.output)")
      kill(running.id, SIGKILL)
      _ = try running.outcome()
      let after = try Program.run("status", in: folder)
      #expect(after.output.hasPrefix("running\n  none\n"))
      #expect(after.output.contains("was killed"))
      let plan = try Value(
        json: Program.run("plan", "tiny.yaml", "--set", "epochs=1000000", "--json", in: folder)
          .output)
      let reason = plan["stages"]?.asList?.first { $0["name"] == "base" }?["reason"]?["why"]
      #expect(reason == "started" || reason == "unfinished", "\(plan.json())")
    }
  }
}
