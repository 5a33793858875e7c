import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

private let pipeline = """
  cambium: 1
  name: tiny
  params: {rate: 0.01, seed: 0}
  datasets: {shapes: {source: builtin:shapes, examples: {train: 8, test: 4}}}
  networks:
    net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}, relu], fc2: [dense: classes]}}
  solvers: {sgd: {batch: 4, epochs: 1, rate: "${rate}"}}
  stages:
    base: {train: {network: net, on: shapes, solver: sgd, seed: "${seed}"}}
    twin: {train: {network: net, on: shapes, solver: sgd, seed: "${seed}"}}
    test: {evaluate: {network: base}}
  """

/// Commands on stages, the file named or not.
@Suite struct StageCommandTests {
  private let files = LocalFileSystem()

  private func inFolder(
    _ name: String = "pipeline.yaml", _ text: String = pipeline, _ body: (FilePath) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try files.write(text, to: folder.appending(name))
      try body(folder)
    }
  }

  // MARK: - Failures

  @Test func aFailureIsToldUntilItIsMended() throws {
    try inFolder { folder in
      let wild = ["--set", "rate=1e30"]
      #expect(try Program.run(["run"] + wild, in: folder).status == 1)
      let plan = try Program.run(["plan"] + wild, in: folder)
      #expect(plan.output.contains(" ago: diverged at iteration "), "\(plan.output)")
      let value = try Value(json: Program.run(["plan", "--json"] + wild, in: folder).output)
      let reason = value["stages"]?.asList?.first { $0["name"] == "base" }?["reason"]
      #expect(reason?["why"] == "failed")
      #expect(reason?["failure"]?["cause"]?["why"] == "diverged")
      let why = try Program.run(["why", "base"] + wild, in: folder)
      #expect(why.output.hasPrefix("base (train): runs again, since it failed "), "\(why)")
      let status = try Program.run(["status"] + wild, in: folder)
      #expect(status.output.contains("  failed "), "\(status.output)")
      // As the file stands nothing has failed, and once it has run nothing has.
      let plain = try Program.run("plan", in: folder)
      #expect(plain.output.contains("never run") && !plain.output.contains("failed"))
      #expect(try Program.run("run", in: folder).status == 0)
      #expect(try Program.run("plan", "--exit-code", in: folder).status == 0)
      #expect(try Program.run("store", "verify", in: folder).status == 0)
    }
  }

  @Test func aRepairedStageSaysWhatHappened() throws {
    try inFolder { folder in
      #expect(try Program.run("run", in: folder).status == 0)
      let show = try Program.run("show", "base", "--json", in: folder)
      let digest = try #require(
        try Value(json: show.output)["outputs"]?["weights.safetensors"]?["digest"]?.asString)
      let path = folder.appending(".cambium/objects/\(digest.prefix(2))").appending(digest)
      var bytes = try files.read(path)
      bytes[bytes.count - 1] ^= 1
      try files.write(bytes, to: path)
      #expect(try Program.run("store", "verify", "--repair", in: folder).status == 1)
      let plan = try Program.run("plan", in: folder)
      #expect(
        plan.output.contains(
          "the content of its output 'weights.safetensors' has changed; set aside"),
        "\(plan.output)")
      #expect(!plan.output.contains("never run"))
      #expect(try Program.run("run", in: folder).status == 0)
      #expect(try Program.run("plan", "--exit-code", in: folder).status == 0)
    }
  }

  // MARK: - Removal

  @Test func resultsAreRemovedByNameOnRequest() throws {
    try inFolder { folder in
      #expect(try Program.run("run", in: folder).status == 0)
      let dry = try Program.run("store", "remove", "base", in: folder)
      #expect(
        dry.status == 0 && dry.output.hasSuffix("nothing was removed; add --yes to remove it\n"))
      #expect(dry.output.contains("\nbase   train  "), "\(dry.output)")
      #expect(dry.output.contains("recomputed when a run needs them: 1 result, which took "))
      #expect(dry.output.contains("under other names, which go as well: twin\n"))
      #expect(dry.output.contains("computed from them, and kept: test\n"))
      #expect(try Program.run("plan", "--exit-code", in: folder).status == 0)
      let json = try Value(
        json: Program.run("store", "remove", "pipeline.yaml", "base", "--json", in: folder).output)
      #expect(json["removed"] == false && json["twins"] == ["twin"] && json["readers"] == ["test"])
      #expect(json["stages"]?.asList?.count == 1)
      let sizes = try Value(
        json: Program.run("store", "remove", "base", "test", "prepare-*", "--json", in: folder)
          .output)
      let total = (sizes["stages"]?.asList ?? []).compactMap { $0["bytes"]?.asInteger }.reduce(0, +)
      #expect(
        try total == #require(sizes["bytes"]?.asInteger) + #require(sizes["kept-bytes"]?.asInteger))

      let done = try Program.run("store", "remove", "ba*", "--yes", in: folder)
      #expect(done.status == 0 && done.output.contains("\nremoved "), "\(done)")
      let plan = try Program.run("plan", in: folder)
      #expect(
        plan.output.contains("  removed 0 s ago\n") || plan.output.contains("  removed 1 s ago\n"))
      #expect(try Program.run("store", "verify", in: folder).output.hasPrefix("2 results, "))
      let again = try Program.run("store", "remove", "base", in: folder)
      #expect(again.output == "without a result: base\nnothing to remove\n")
      #expect(try Program.run("run", in: folder).errors.contains("1 run, 3 cached"))

      let wrong = try Program.run("store", "remove", "bsae", in: folder)
      #expect(wrong.status == 2 && wrong.errors.contains("did you mean 'base'?"))
      #expect(try Program.run("store", "remove", in: folder).status == 2)
    }
  }

  /// The latest run of the same name had other settings, which have nothing to do with it.
  @Test func aRemovalIsTheReasonWhateverElseHasRun() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "--only", "base", in: folder).status == 0)
      #expect(
        try Program.run("run", "--only", "base", "--set", "rate=0.02", in: folder).status == 0)
      #expect(try Program.run("store", "remove", "base", "--yes", in: folder).status == 0)
      let value = try Value(json: Program.run("plan", "--json", in: folder).output)
      let reason = value["stages"]?.asList?.first { $0["name"] == "base" }?["reason"]
      #expect(reason?["why"] == "removed", "\(value.json())")
      let why = try Program.run("why", "base", in: folder)
      #expect(why.output.hasPrefix("base (train): runs, since its result was removed "), "\(why)")
      #expect(!why.output.contains("rate"))
      #expect(try Program.run("store", "verify", in: folder).status == 0)
      #expect(try Program.run("run", "--only", "base", in: folder).status == 0)
      #expect(
        try Program.run("plan", "--only", "base", "--exit-code", in: folder).status == 0)
    }
  }

  @Test func whatOthersShareStays() throws {
    try inFolder { folder in
      #expect(try Program.run("run", in: folder).status == 0)
      // Another pipeline packs the same images under other settings of its own: one object, two records.
      let other = pipeline.replacing("name: tiny", with: "name: other")
        .replacing(
          "examples: {train: 8, test: 4}}", with: "examples: {train: 8, test: 4}, fit: crop}")
      try files.write(other, to: folder.appending("other.yaml"))
      #expect(
        try Program.run("run", "other.yaml", "--only", "prepare-shapes", in: folder).status == 0)
      let removed = try Program.run("store", "remove", "prepare-shapes", "--yes", in: folder)
      #expect(
        removed.output.contains(" are kept because other results need them\n"), "\(removed.output)")
      #expect(try Program.run("store", "verify", in: folder).status == 0)
      let plan = try Program.run("plan", "other.yaml", "--only", "prepare-shapes", in: folder)
      #expect(plan.output.contains("1 stage: 1 cached, 0 to run"), "\(plan.output)")
    }
  }

  @Test func whatRunsIsNotRemoved() throws {
    let long = pipeline.replacing("epochs: 1", with: "epochs: 1000000")
    try inFolder("long.yaml", long) { folder in
      let running = try Program.start(["run", "long.yaml"], in: folder, named: "long")
      for _ in 0..<10_000 where try !running.errors.contains("start  base") { usleep(1000) }
      usleep(1_500_000)
      let computed = try Program.run("store", "remove", "long.yaml", "base", "--yes", in: folder)
      let used = try Program.run("store", "remove", "long.yaml", "prepare-*", "--yes", in: folder)
      let busy = try Program.run("status", "long.yaml", in: folder)
      kill(running.id, SIGTERM)
      _ = try running.outcome()
      #expect(computed.status == 2 && computed.errors.contains("is being computed by process "))
      #expect(used.status == 2 && used.errors.contains("is used by a run in progress (process "))
      #expect(busy.output.contains("loss "), "\(busy.output)")
      let plan = try Program.run("plan", "long.yaml", in: folder)
      #expect(plan.output.contains("unfinished; resumes from iteration "), "\(plan.output)")
      let status = try Program.run("status", "long.yaml", in: folder)
      #expect(status.output.contains("2 unfinished"), "\(status.output)")
      let listed = try Value(
        json: Program.run("store", "remove", "long.yaml", "base", "--json", in: folder).output)
      let lost = listed["stages"]?.asList?.first
      let iteration = try #require(lost?["unfinished"]?["iteration"]?.asInteger)
      #expect(lost?["unfinished"]?["iterations"] == 20_000_000)
      #expect(try #require(lost?["bytes"]?.asInteger) > 10_000)
      let gone = try Program.run("store", "remove", "long.yaml", "base", "--yes", in: folder)
      #expect(
        gone.status == 0
          && gone.output.contains("unfinished: iteration \(grouped(iteration)) of 20,000,000"),
        "\(gone)")
      #expect(!gone.output.contains("recomputed"))
      #expect(
        try !Program.run("plan", "long.yaml", in: folder).output.contains("unfinished"))
    }
  }

  // MARK: - Files and names

  @Test func withoutAFileTheUsualOneIsTaken() throws {
    try inFolder { folder in
      #expect(try Program.run("check", in: folder).output == "pipeline.yaml: 4 stages, no errors\n")
      #expect(try Program.run("plan", in: folder).output.contains("4 stages: 0 cached"))
      #expect(try Program.run("run", in: folder).status == 0)
      #expect(try Program.run("status", in: folder).output.contains("stages: 4 done\n"))
      for arguments in [["why", "test"], ["show", "test"], ["why", "pipeline.yaml", "test"]] {
        let outcome = try Program.run(arguments, in: folder)
        #expect(outcome.status == 0 && outcome.output.hasPrefix("test (evaluate)"), "\(outcome)")
      }
      let mixed = try Program.run("export", "base", "test", "-o", "w", in: folder)
      #expect(
        mixed.status == 2
          && mixed.errors.contains("stage 'test' is of kind 'evaluate' and has no weights"),
        "\(mixed)")
      #expect(
        try Program.run("export", "ba*", "-o", "w", in: folder).output.hasPrefix(
          "w/base.safetensors\n"))
      #expect(
        try Program.run("export", "predictions", "test", "-o", "p.csv", in: folder).output
          == "p.csv\n")
      #expect(
        try Program.run("export", "metrics", "test", in: folder).output.contains("test,evaluate,"))
      #expect(try Program.run("report", in: folder).status == 0)
      #expect(try Program.run("store", "export", "-o", "s.tar", in: folder).status == 0)
      #expect(try Program.run("show", in: folder).status == 2)
      #expect(
        try Program.run("export", "predictions", "base", "test", "-o", "p.csv", in: folder).status
          == 2)
      #expect(try Program.run("show", "no.yaml", "test", in: folder).status == 2)
    }
    try withTemporaryFolder { folder in
      for command in [
        ["plan"], ["run"], ["check"], ["show", "base"], ["report"], ["store", "export", "-o", "x"],
      ] {
        let none = try Program.run(command, in: folder)
        #expect(none.status == 2, "\(command)")
        #expect(none.errors.contains("no pipeline file is named, and there is no 'pipeline.yaml'"))
      }
    }
  }

  @Test func aShownStageBeginsWithItsResult() throws {
    try inFolder { folder in
      #expect(try Program.run("run", in: folder).status == 0)
      let test = try Program.run("show", "test", in: folder).output.split(separator: "\n")
      #expect(test[0] == "test (evaluate)")
      #expect(test[1].hasPrefix("result       top-1 ") && test[1].hasSuffix(" test images"))
      let short = try Program.run("show", "base", in: folder).output
      #expect(short.split(separator: "\n").count < 25 && !short.contains("{"), "\(short)")
      #expect(
        short.contains(
          """

          input        data: prepare-shapes
          network      3×32×32, 2 layers: conv1, fc2
          classes      10: branch, flower, gear, house, ladder, leaf, snake, starfish, truck, window
          images       mean image subtracted, divided by 64, never mirrored, center crop
          solver       SGD, 1 epoch, batch 4, rate 0.01
          seed         0

          """), "\(short)")
      let base = try Program.run("show", "base", "--settings", in: folder).output
      #expect(base.hasPrefix(short))
      #expect(
        base.contains(
          "  conv1.bias    initialised  learning  learning rate × 2  weight decay × 0\n"))
      #expect(base.contains("\nresult       a network trained for "))
      let places = [
        "\nresult ", "\ninput ", "\nfile ", "\nload report:", "\nprovenance:", "\nsettings:",
      ]
      .map { base.firstRange(of: $0)?.lowerBound }
      #expect(places.allSatisfy { $0 != nil })
      #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
      let prepared = try Program.run("show", "prepare-shapes", in: folder).output
      #expect(
        prepared.contains(
          "\nresult       80 training images and 40 test images of 10 classes, 3×32×32\n"))
    }
  }

  @Test func severalStagesAreShownAndExplained() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "--only", "base", in: folder).status == 0)
      let two = try Program.run("show", "*base", "twin", in: folder)
      #expect(two.status == 0 && two.output.hasPrefix("base (train)\n"), "\(two)")
      #expect(two.output.contains("\n\ntwin (train)\n"))
      // What there is, and what is missing.
      let all = try Program.run("show", "*", in: folder)
      #expect(all.status == 1 && all.output.contains("\n\ntwin (train)\n"), "\(all)")
      #expect(
        all.errors
          == "no result for 1 stage: test\n'cambium run pipeline.yaml' computes what is missing\n")
      let records = try Value(json: Program.run("show", "*", "--json", in: folder).output)
      #expect(records.asList?.map { $0["kind"] } == ["prepare", "train", "train"])
      let figures = try Program.run("show", "b*", "t*", "--figures", in: folder)
      #expect(figures.status == 1 && figures.output.contains("./training-twin.svg\n"), "\(figures)")
      #expect(
        try Program.run("show", "prep*", "--figures", in: folder).errors.contains(
          "none of the named stages has figures"))
      let why = try Program.run("why", "t*", in: folder)
      #expect(why.status == 0 && why.output.hasPrefix("twin (train): cached\n"), "\(why)")
      #expect(why.output.contains("\n\ntest (evaluate): runs, "))
      let values = try Value(json: Program.run("why", "t*", "--json", in: folder).output)
      #expect(values.asList?.map { $0["name"] } == ["twin", "test"])
      for command in ["show", "why"] {
        let wrong = try Program.run(command, "bsae", in: folder)
        #expect(wrong.status == 2 && wrong.errors.contains("did you mean 'base'?"), "\(wrong)")
      }
    }
  }

  @Test func whatIsFinishedIsExported() throws {
    let two = pipeline.replacing(
      "  test:",
      with: "  late: {train: {network: net, on: shapes, solver: sgd, seed: 7}}\n  test:")
    try inFolder("pipeline.yaml", two) { folder in
      let none = try Program.run("export", "--all", "-o", "w", in: folder)
      #expect(
        none.status == 1 && none.errors.hasPrefix("no result for 3 stages: base, twin, late\n"),
        "\(none)")
      #expect(try !files.exists(folder.appending("w")))
      #expect(try Program.run("run", "--only", "base", in: folder).status == 0)
      let some = try Program.run("export", "--all", "-o", "w", in: folder)
      #expect(some.status == 1, "\(some)")
      #expect(
        some.output.hasPrefix("w/base.safetensors\n") && some.output.contains("w/twin.json\n"))
      #expect(
        some.errors
          == "no result for 1 stage: late\n'cambium run pipeline.yaml' computes what is missing\n")
      let one = try Program.run("export", "late", "-o", "w", in: folder)
      #expect(one.status == 2 && one.errors.contains("stage 'late' has no result"), "\(one)")
      #expect(try Program.run("run", "--only", "late", in: folder).status == 0)
      #expect(try Program.run("export", "--all", "-o", "w", in: folder).status == 0)
    }
  }

  @Test func shellsCompleteNamesOfStages() throws {
    try inFolder { folder in
      try files.write(
        pipeline.replacing("base", with: "basis"), to: folder.appending("other.yaml"))
      func complete(_ words: String..., at index: Int) throws -> [Substring] {
        // As the scripts of the shells call it: the position of the word and of the cursor in it.
        let prefix = words.indices.contains(index) ? words[index] : ""
        let outcome = try Program.run(
          ["---completion", "show", "--", "positional@\(index - 2)", "\(index)", "\(prefix.count)"]
            + words, in: folder)
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
        return outcome.output.split(separator: "\n")
      }
      #expect(try complete("cambium", "show", "ba", at: 2) == ["base"])
      #expect(try complete("cambium", "show", "other.yaml", "ba", at: 3) == ["basis"])
      #expect(try complete("cambium", "show", "other", at: 2) == ["other.yaml"])
      #expect(try complete("cambium", "show", "none.yaml", "ba", at: 3) == [])
    }
  }
}
