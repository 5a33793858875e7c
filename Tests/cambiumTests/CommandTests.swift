import Basics
import SystemPackage
import TestSupport
import Testing

private let pipeline = """
  cambium: 1
  name: tiny
  params: {rate: 0.01}
  datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 4}}}
  networks:
    net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}, relu], fc2: [dense: classes]}}
  solvers: {sgd: {batch: 16, epochs: 1, rate: "${rate}"}}
  stages:
    base: {train: {network: net, on: shapes, solver: sgd}}
    test: {evaluate: {network: base}}
    table: {report: all}
  """

/// The program as users meet it: arguments, output, exit status.
@Suite struct CommandTests {
  private func inFolder(
    _ text: String = pipeline, _ body: (FilePath) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(text, to: folder.appending("tiny.yaml"))
      try body(folder)
    }
  }

  @Test func aRunThenNothingThenOneChange() throws {
    try inFolder { folder in
      let check = try Program.run("check", "tiny.yaml", in: folder)
      #expect(check.status == 0)
      #expect(check.output == "tiny.yaml: 4 stages, no errors\n")

      let plan = try Program.run("plan", "tiny.yaml", in: folder)
      let dry = try Program.run("run", "tiny.yaml", "--dry-run", in: folder)
      #expect(plan.status == 0 && dry.status == 0)
      #expect(plan.output == dry.output)
      #expect(plan.output.contains("4 stages: 0 cached, 4 to run"))

      let first = try Program.run("run", "tiny.yaml", "--threads", "2", in: folder)
      #expect(first.status == 0)
      #expect(first.errors.contains("4 run, 0 cached"))
      #expect(first.output.contains("top-1 accuracy on all classes of shapes"))

      let second = try Program.run("run", "tiny.yaml", in: folder)
      #expect(second.status == 0)
      #expect(second.errors.contains("all 4 stages are cached, nothing to run"))
      #expect(second.output == first.output)

      let changed = try Program.run("plan", "tiny.yaml", "--set", "rate=0.02", in: folder)
      #expect(changed.output.contains("solver.rate 0.01 → 0.02"))
      #expect(changed.output.contains("4 stages: 1 cached, 3 to run"))
    }
  }

  @Test func howARunGoesAboutItChangesNoResult() throws {
    try inFolder { folder in
      let plain = try Program.run("run", "tiny.yaml", "--store", "plain", in: folder)
      let other = try Program.run(
        "run", "tiny.yaml", "--store", "other", "--jobs", "auto", "--memory", "1.5GB", "--retries",
        "2", "--activation-cache", "0", in: folder)
      #expect(plain.status == 0 && other.status == 0, "\(other.errors)")
      #expect(
        try StoreInspection(folder.appending("plain")).outputs()
          == StoreInspection(folder.appending("other")).outputs())
    }
  }

  @Test func reasonsAndDifferencesAreTold() throws {
    try inFolder { folder in
      #expect(try Program.run("plan", "tiny.yaml", "--exit-code", in: folder).status == 3)
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      #expect(try Program.run("plan", "tiny.yaml", "--exit-code", in: folder).status == 0)
      let cached = try Program.run("why", "tiny.yaml", "base", in: folder)
      #expect(cached.output.hasPrefix("base (train): cached\n"))

      let edited = pipeline.replacing("rate: 0.01", with: "rate: 0.02")
      try LocalFileSystem().write(edited, to: folder.appending("edited.yaml"))
      let why = try Program.run("why", "edited.yaml", "table", in: folder)
      #expect(
        why.output.contains("table ← test ← base: solver.rate 0.01 → 0.02\n"), "\(why)")
      let json = try Program.run("why", "edited.yaml", "test", "--json", in: folder)
      #expect(try Value(json: json.output)["status"] == "waiting")

      let diff = try Program.run(
        "plan", "--diff", "tiny.yaml", "edited.yaml", "--exit-code", in: folder)
      #expect(diff.status == 3)
      #expect(
        diff.output.hasSuffix(
          "0 added, 0 removed, 1 changed, 2 following, 0 renamed, 1 unchanged\n"))
      let same = try Program.run(
        "plan", "--diff", "tiny.yaml", "tiny.yaml", "--exit-code", in: folder)
      #expect(same.status == 0)
    }
  }

  @Test func timesAreKnownOnceMeasured() throws {
    try inFolder { folder in
      let unknown = try Program.run("plan", "tiny.yaml", in: folder)
      #expect(unknown.output.contains("time unknown (--calibrate measures it)"))
      let calibrated = try Program.run("plan", "tiny.yaml", "--calibrate", in: folder)
      #expect(calibrated.errors == "measuring the network of base\n")
      #expect(calibrated.output.contains("at the speed measured here"))
      // It is known from then on.
      let again = try Program.run("plan", "tiny.yaml", "--calibrate", in: folder)
      #expect(again.errors == "" && again.output == calibrated.output)
      func cost(_ arguments: String...) throws -> Value {
        let plan = try Program.run(["plan", "tiny.yaml", "--json"] + arguments, in: folder)
        return try #require(try Value(json: plan.output)["cost"])
      }
      let calibratedSeconds = try #require(try cost("--only", "base")["seconds"]?.double)

      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let record = try Program.run("show", "tiny.yaml", "base", "--json", in: folder)
      let speed = try Value(json: record.output)["provenance"]?["speed"]
      #expect(speed?["images"] == 80)
      let forced = try cost("--force", "base")
      #expect(forced["timed-stages"] == 1 && forced["network-stages"] == 1)
      let seconds = try #require(speed?["seconds"]?.double)
      let expected = try #require(forced["seconds"]?.double)
      // One run that is slower, as so short a one may be, counts as half as fast at most.
      #expect(abs(expected / min(seconds, 2 * calibratedSeconds) - 1) < 1e-9)
    }
  }

  @Test func theStarterFileRunsAsItIs() throws {
    try withTemporaryFolder { folder in
      let first = try Program.run("init", in: folder)
      #expect(first.status == 0)
      #expect(first.output.contains("cambium plan pipeline.yaml"))
      #expect(try Program.run("check", "pipeline.yaml", in: folder).status == 0)
      let plan = try Program.run("plan", "pipeline.yaml", in: folder)
      #expect(plan.output.contains("9 stages: 0 cached, 9 to run"), "\(plan)")
      let run = try Program.run("run", "pipeline.yaml", "--set", "epochs=1", in: folder)
      #expect(run.status == 0, "\(run)")
      #expect(run.output.contains("top-1 accuracy on B"))

      // A second time it replaces nothing.
      try LocalFileSystem().write("mine", to: folder.appending("mine.yaml"))
      let refused = try Program.run("init", "mine.yaml", in: folder)
      #expect(refused.status == 2)
      #expect(refused.errors.contains("'mine.yaml' already exists"))
      #expect(try LocalFileSystem().read(folder.appending("mine.yaml")) == Array("mine".utf8))
    }
  }

  @Test func theDoctorTellsWhatIsWrong() throws {
    try inFolder { folder in
      let healthy = try Program.run("doctor", "--json", in: folder)
      let facts = try Value(json: healthy.output)
      #expect(facts["format"] == 1)
      #expect(facts["machine"]?["cores"]?.asInteger ?? 0 > 0)
      #expect(facts["libraries"]?["blas"]?.asString?.contains("OpenBLAS") == true)
      #expect(facts["libraries"]?["blas-file"]?.asString?.contains("openblas") == true)
      #expect(facts["libraries"]?["libarchive-file"]?.asString?.contains("libarchive") == true)
      #expect(facts["program"]?["networks"]?.asList?.contains("small32") == true)
      #expect(facts["store"]?["exists"] == false)
      #expect((facts["problems"] == []) == (healthy.status == 0))

      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let before = try Value(json: Program.run("doctor", "--json", in: folder).output)
      #expect(before["store"]?["stages"] == 4 && before["store"]?["damaged"] == 0)
      let objects = folder.appending(".cambium/objects")
      let shard = objects.appending(try #require(LocalFileSystem().names(in: objects).first))
      try LocalFileSystem().remove(shard)
      let damaged = try Program.run("doctor", in: folder)
      #expect(damaged.status == 1)
      #expect(damaged.output.contains("no longer usable"), "\(damaged)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreWritten(shell: String) throws {
    try withTemporaryFolder { folder in
      let script = try Program.run("--generate-completion-script", shell, in: folder)
      #expect(script.status == 0)
      #expect(script.output.contains("cambium") && script.output.contains("doctor"))
    }
  }

  @Test func graphsAreDrawn() throws {
    try inFolder { folder in
      let dot = try Program.run("plan", "tiny.yaml", "--graph", "dot", in: folder)
      #expect(dot.output.hasPrefix("digraph pipeline {\n"))
      let mermaid = try Program.run("plan", "tiny.yaml", "--graph", "mermaid", in: folder)
      #expect(mermaid.output.hasPrefix("flowchart LR\n"))
      for wrong in [["--expand"], ["--graph", "dot", "--json"], ["--graph", "pdf"]] {
        #expect(try Program.run(["plan", "tiny.yaml"] + wrong, in: folder).status == 2)
      }
    }
  }

  @Test func reportsWeightsAndRecordsComeOut() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let report = try Program.run("report", "tiny.yaml", "-o", "out", in: folder)
      #expect(report.status == 0)
      #expect(
        try LocalFileSystem().names(in: folder.appending("out")) == [
          "accuracy.txt", "analysis.json", "contrasts.csv", "figures", "means.csv", "report.html",
          "runs.csv", "runs.json",
        ])
      let export = try Program.run("export", "tiny.yaml", "--all", "-o", "weights", in: folder)
      #expect(
        export.output
          == "weights/base.safetensors\nweights/base.json\nweights/base.mean.safetensors\n")
      let show = try Program.run("show", "tiny.yaml", "base", "--json", in: folder)
      #expect(try Value(json: show.output)["kind"] == "train")
    }
  }

  @Test func figuresOfStagesAreWritten() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let trained = try Program.run("show", "tiny.yaml", "base", "--figures", "-o", "f", in: folder)
      #expect(trained.output == "f/training-base.svg\nf/filters-base.svg\n")
      let tested = try Program.run("show", "tiny.yaml", "test", "--figures", "-o", "f", in: folder)
      #expect(tested.output == "f/confusion-test.svg\nf/classes-test.svg\n")
      for name in ["training-base", "filters-base", "confusion-test", "classes-test"] {
        let bytes = try LocalFileSystem().read(folder.appending("f/\(name).svg"))
        #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("</svg>\n"))
      }
      for (stage, words) in [("table", "'table' is a report"), ("prepare-shapes", "prepare stage")]
      {
        let refused = try Program.run("show", "tiny.yaml", stage, "--figures", in: folder)
        #expect(refused.status == 2)
        #expect(refused.errors.contains(words))
      }
    }
  }

  @Test func theReportHasItsPageAndTheRunsTimeline() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let report = try Program.run("report", "tiny.yaml", "-o", "out", in: folder)
      #expect(report.status == 0)
      for name in ["report.html", "runs.csv", "figures/timeline.svg"] {
        #expect(report.output.contains("out/\(name)\n"))
      }
      #expect(report.output.contains("out/figures/training-"))
      #expect(report.output.contains("out/figures/filters-"))
      #expect(report.output.contains("out/figures/confusion-"))
    }
  }

  @Test func hintsKeepTheSettings() throws {
    try inFolder { folder in
      let show = try Program.run(
        "show", "tiny.yaml", "base", "--set", "rate=0.5", "--store", "my store", in: folder)
      #expect(show.status == 2)
      #expect(
        show.errors.contains(
          "'cambium run tiny.yaml --set rate=0.5 --store 'my store'' runs it"), "\(show)")
    }
  }

  @Test func reportsNameStagesAsThePlanDoes() throws {
    try inFolder { folder in
      let slow = ["--set", "rate=0.0000001"]
      let first = try Program.run(["run", "tiny.yaml"] + slow, in: folder)
      #expect(first.output.contains("left out of means: test"), "\(first)")
      let path = folder.appending("tiny.yaml")
      let text = String(decoding: try LocalFileSystem().read(path), as: UTF8.self)
      try LocalFileSystem().write(text.replacing("\n  test:", with: "\n  measured:"), to: path)
      let plan = try Program.run(["plan", "tiny.yaml", "--exit-code"] + slow, in: folder)
      #expect(plan.status == 0, "a rename reruns nothing: \(plan)")
      for command in ["run", "report"] {
        let found = try Program.run([command, "tiny.yaml"] + slow, in: folder)
        #expect(found.output.contains("left out of means: measured"), "\(found)")
      }
    }
  }

  @Test func aReportIsOfWhateverThereIs() throws {
    try inFolder { folder in
      let nothing = try Program.run("report", "tiny.yaml", in: folder)
      #expect(nothing.status == 0)
      #expect(nothing.output.contains("! 1 run is missing: test"), "\(nothing)")
      #expect(try Program.run("run", "tiny.yaml", "--only", "test", in: folder).status == 0)
      let partial = try Program.run("report", "tiny.yaml", in: folder)
      #expect(!partial.output.contains("missing"))
      // Without a report stage all evaluations are reported.
      let text = pipeline.replacing("    table: {report: all}\n", with: "")
        .replacing("  table: {report: all}", with: "")
      try LocalFileSystem().write(text, to: folder.appending("tiny.yaml"))
      let all = try Program.run("report", "tiny.yaml", "-o", "out", in: folder)
      #expect(all.output.contains("out/runs.csv"), "\(all)")
      let again = try Program.run("report", "--results", "out/runs.csv", in: folder)
      #expect(again.status == 0)
      #expect(again.output == partial.output)
    }
  }

  @Test func wrongResultsAreToldWithTheirPlace() throws {
    try inFolder { folder in
      try LocalFileSystem().write(
        "treatment,target,top1\nbase,B,nan\n", to: folder.appending("runs.csv"))
      let outcome = try Program.run("report", "--results", "runs.csv", in: folder)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("runs.csv:2:8: error: an accuracy cannot be nan"))
      #expect(outcome.output == "")
    }
  }

  @Test func whatWasMeasuredComesOutInEachFormat() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "tiny.yaml", "--only", "base", in: folder).status == 0)
      func export(_ arguments: String...) throws -> Program.Outcome {
        try Program.run(["export", "metrics", "tiny.yaml"] + arguments, in: folder)
      }
      let half = try export()
      #expect(half.status == 0 && half.errors.contains("1 of 2 stages has not run"))
      #expect(try export("test").status == 2)
      #expect(try Program.run("run", "tiny.yaml", in: folder).status == 0)
      let table = try export().output.split(separator: "\n")
      // Eighty images in batches of 16, a point each; and the evaluation at the end of them.
      #expect(table.count == 7 && table[1].hasPrefix("base,train,1,0.2,train,0.01,"))
      #expect(table[6].hasPrefix("test,evaluate,5,,test,,") && table[6].hasSuffix(",40"))
      #expect(try export("--format", "json-lines", "-o", "m.jsonl").output == "m.jsonl\n")
      let lines = try LocalFileSystem().read(folder.appending("m.jsonl"))
        .split(separator: UInt8(ascii: "\n")).map { try Value(json: Array($0)) }
      #expect(lines.count == 6 && lines.allSatisfy { $0["format"] == 1 })
      try LocalFileSystem().makeFolder(folder.appending("tables"))
      #expect(try export("base", "-o", "tables").output == "tables/metrics.csv\n")
      let events = try export("--format", "tensorboard", "-o", "runs")
      #expect(
        events.output == """
          runs/base/events.out.tfevents.cambium
          runs/test/events.out.tfevents.cambium

          """)
      for wrong in [["--format", "tensorboard"], ["table"], ["--format", "xml"], ["nobody"]] {
        let arguments = ["export", "metrics", "tiny.yaml"] + wrong
        #expect(try Program.run(arguments, in: folder).status == 2, "\(wrong)")
      }
      // The name of the usual kind of export can be left out, and be said.
      let weights = try Program.run("export", "weights", "tiny.yaml", "base", "-o", "w", in: folder)
      #expect(weights.output == "w/base.safetensors\nw/base.json\nw/base.mean.safetensors\n")
    }
  }

  @Test func eventsAreJSONLines() throws {
    try inFolder { folder in
      let run = try Program.run("run", "tiny.yaml", "--json", in: folder)
      let events = try run.output.split(separator: "\n").map { try Value(json: String($0)) }
      #expect(events.first?["event"] == "run-started")
      #expect(events.last?["event"] == "run-finished")
      #expect(events.last?["counts"]?["produced"] == 4)
    }
  }

  @Test func aWrongFileIsToldWithItsPlacesAndStatusTwo() throws {
    let text = pipeline.replacing("network: net", with: "network: nte")
      .replacing("solver: sgd", with: "solver: sdg")
    try inFolder(text) { folder in
      let run = try Program.run("run", "tiny.yaml", in: folder)
      #expect(run.status == 2)
      #expect(run.output == "")
      #expect(run.errors.contains("tiny.yaml:9:27: error:"))
      #expect(run.errors.contains("'nte'") && run.errors.contains("'sdg'"))
      #expect(try !LocalFileSystem().exists(folder.appending(".cambium")))
    }
  }

  @Test(arguments: [
    ["run"], ["run", "missing.yaml"], ["frobnicate"], ["run", "tiny.yaml", "--jobs", "0"],
    ["run", "tiny.yaml", "--jobs", "many"], ["run", "tiny.yaml", "--memory", "lots"],
    ["run", "tiny.yaml", "--retries", "-1"], ["run", "tiny.yaml", "--activation-cache", "1X"],
    ["run", "tiny.yaml", "--set", "rate"], ["run", "tiny.yaml", "--set", "speed=1"],
    ["plan", "tiny.yaml", "--only", "bsae"], ["export", "tiny.yaml", "-o", "out"],
    ["report"], ["report", "--results", "missing.csv"],
    ["report", "tiny.yaml", "--results", "runs.csv"], ["report", "tiny.yaml", "--score", "top1"],
    ["report", "--results", "runs.csv", "--set", "rate=1"],
    ["report", "--results", "tiny.yaml", "--classes", "1"], ["report", "--results", "tiny.yaml"],
    ["why", "tiny.yaml", "bsae"],
    ["plan", "--diff", "missing.yaml", "tiny.yaml"],
    ["plan", "--diff", "tiny.yaml", "tiny.yaml", "--only", "base"],
  ])
  func wrongArgumentsEndWithStatusTwo(arguments: [String]) throws {
    try inFolder { folder in
      let outcome = try Program.run(arguments, in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.output == "")
      #expect(!outcome.errors.isEmpty)
    }
  }

  @Test func aFailedStageEndsWithStatusOne() throws {
    let text = pipeline.replacing("rate: 0.01", with: "rate: 1e30")
      .replacing("batch: 16", with: "batch: 4")
    try inFolder(text) { folder in
      let run = try Program.run("run", "tiny.yaml", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("failed base  (diverged at iteration "))
      #expect(run.errors.contains("skip   test  (needs base)"))
      #expect(try Program.run("plan", "tiny.yaml", in: folder).output.contains("1 cached"))
      // The cause that an event tells is the one that the log has for others.
      let events = try Program.run("run", "tiny.yaml", "--json", in: folder).output
        .split(separator: "\n").map { try Value(json: String($0)) }
      let failure = try #require(events.first { $0["outcome"] == "failed" })
      #expect(failure["cause"]?["why"] == "diverged")
      #expect((failure["cause"]?["iteration"]?.asInteger ?? 0) > 0)
      let status = try Program.run("status", "tiny.yaml", "--json", in: folder).output
      let stages = try #require(try Value(json: status)["stages"]?.asList)
      #expect(stages.first { $0["stage"] == "base" }?["cause"] == failure["cause"])
      let report = try Program.run("report", "tiny.yaml", in: folder)
      #expect(report.output.contains("1 run diverged and has no score"))
    }
  }

  @Test func anUnwritableStoreIsTold() throws {
    try inFolder { folder in
      let run = try Program.run("run", "tiny.yaml", "--store", "tiny.yaml/store", in: folder)
      #expect(run.status == 2)
      #expect(run.errors.contains("tiny.yaml/store"))
    }
  }

  @Test func aMissingDatasetIsToldAtItsPlace() throws {
    let text = pipeline.replacing(
      "source: builtin:shapes, examples: {train: 8, test: 4}", with: "source: photos.tar")
    try inFolder(text) { folder in
      let run = try Program.run("plan", "tiny.yaml", in: folder)
      #expect(run.status == 2)
      #expect(run.errors.contains("tiny.yaml:4:"))
      #expect(run.errors.contains("photos.tar' does not exist"))
    }
  }

  @Test func helpAndVersionEndWell() throws {
    try inFolder { folder in
      let help = try Program.run("--help", in: folder)
      #expect(help.status == 0)
      #expect(help.output.contains("Exit status"))
      #expect(try Program.run("--version", in: folder).status == 0)
    }
  }

  @Test func checkTellsPlacesAsJSON() throws {
    try inFolder { folder in
      let good = try Program.run("check", "tiny.yaml", "--json", in: folder)
      #expect(good.status == 0)
      let fine = try Value(json: good.output)
      #expect(fine["stages"] == .integer(4) && fine["diagnostics"] == .list([]))
    }
    try inFolder(pipeline.replacing("batch: 16", with: "batsh: 16")) { folder in
      let bad = try Program.run("check", "tiny.yaml", "--json", in: folder)
      #expect(bad.status == 2)
      let found = try Value(json: bad.output)
      #expect(found["format"] == .integer(1) && found["stages"] == nil)
      let first = try #require(
        found["diagnostics"]?.asList?.first { $0["message"]?.asString?.contains("batsh") == true })
      #expect(first["severity"] == .string("error"))
      #expect(first["place"]?["file"] == .string("tiny.yaml"))
      #expect(first["place"]?["line"] == .integer(7))
      #expect(first["place"]?["column"] == .integer(17))
      #expect(first["notes"]?.asList?.first?["message"] == .string("did you mean 'batch'?"))
    }
  }
}
