import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Studies that go from one folder to another as an archive, and are gone on with there.
@Suite(.serialized) struct StudyArchiveTests {
  private let files = LocalFileSystem()

  /// A folder with the pipeline in `here` and nothing in `there`.
  private func inFolders(_ body: (_ here: FilePath, _ there: FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let (here, there) = (folder.appending("here"), folder.appending("there"))
      for path in [here, there] { try files.makeFolder(path) }
      try files.write(tenStages, to: here.appending("ten.yaml"))
      try body(here, there)
    }
  }

  private func run(_ arguments: String..., in folder: FilePath) throws -> Program.Outcome {
    try run(arguments, in: folder)
  }

  private func run(_ arguments: [String], in folder: FilePath) throws -> Program.Outcome {
    let outcome = try Program.run(arguments, in: folder)
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    return outcome
  }

  private func started(_ outcome: Program.Outcome) throws -> Set<String> {
    try Set(
      outcome.output.split(separator: "\n").map { try Value(json: String($0)) }.filter {
        $0["event"] == "stage-started"
      }.compactMap { $0["stage"]?.asString })
  }

  @Test func halfAStudyGoesOnElsewhereWithExactlyTheRest() throws {
    try inFolders { here, there in
      let first = try run("run", "ten.yaml", "--json", "--only", "test-A1B", in: here)
      let export = try Value(
        json: run("store", "export", "ten.yaml", "-o", "../study.tar", "--json", in: here).output)
      #expect(export["stages"] == 10 && export["finished"] == 4)
      #expect(export["checkpoints"]?["count"] == 0 && export["files"]?["count"] == 1)

      let told = try run("store", "import", "../study.tar", "--dry-run", in: there)
      #expect(told.output.contains("4 new results") && told.output.contains("to import into"))
      #expect(
        try files.names(in: there).filter { !$0.hasPrefix(".out") && !$0.hasPrefix(".err") } == [])
      let taken = try run("store", "import", "../study.tar", in: there)
      #expect(taken.output.hasSuffix("continue with: cambium run ten.yaml\n"))
      let again = try run("store", "import", "../study.tar", "--json", in: there)
      #expect(try Value(json: again.output)["objects"]?["new"]?["count"] == 0)

      let rest = try run("run", "ten.yaml", "--json", in: there)
      #expect(try started(first).isDisjoint(with: started(rest)))
      _ = try run("run", "ten.yaml", "--store", "whole", in: there)
      let expected = try StoreInspection(there.appending("whole")).outputs()
      #expect(try started(first).union(started(rest)) == Set(expected.keys))
      let inspection = StoreInspection(there.appending(".cambium"))
      #expect(try inspection.outputs() == expected)
      #expect(try inspection.damage() == [] && inspection.remains() == [])
    }
  }

  @Test func aTrainingThatWasKilledGoesOnElsewhere() throws {
    try inFolders { here, there in
      // Long enough not to end before the signal comes on a busy machine.
      let long = ["--only", "base-A", "--set", "epochs=800"]
      let program = try Program.start(
        ["run", "ten.yaml", "--checkpoint", "0.01", "--threads", "1"] + long, in: here)
      let inspection = StoreInspection(here.appending(".cambium"))
      for _ in 0..<20_000 where try program.isRunning && inspection.states().isEmpty {
        usleep(1000)
      }
      kill(program.id, SIGKILL)
      _ = try program.outcome()
      // Killed between two states, it may have both.
      try #require(try !inspection.states().isEmpty)
      let set = ["--set", "epochs=800"]
      let export = ["store", "export", "ten.yaml"] + set
      let without = try run(export + ["--dry-run", "--no-checkpoints", "--json"], in: here)
      #expect(try Value(json: without.output)["checkpoints"]?["count"] == 0)
      _ = try run(export + ["-o", "../study.tar"], in: here)
      let told = try run(["store", "import", "../study.tar"], in: there)
      #expect(told.output.hasSuffix("continue with: cambium run ten.yaml --set epochs=800\n"))
      _ = try run(["store", "import", "../study.tar"], in: there)
      #expect(try StoreInspection(there.appending(".cambium")).states().count == 1)
      let plan = try run(["plan", "ten.yaml"] + set, in: there)
      #expect(plan.output.contains("resumes from iteration"), "\(plan.output)")
      _ = try run(["run", "ten.yaml"] + long, in: there)
      let show = try run(["show", "ten.yaml", "base-A", "--json"] + set, in: there)
      let iteration = try Value(json: show.output)["provenance"]?["continued"]?["iteration"]
      #expect((iteration?.asInteger ?? 0) > 0, "\(show.output)")
      // The time is that of the rest only, and says so.
      let text = try run(["show", "ten.yaml", "base-A"] + set, in: there).output
      #expect(text.contains(" s from iteration \(iteration?.asInteger ?? 0) on, "), "\(text)")
      _ = try run(["run", "ten.yaml", "--store", "whole"] + long, in: there)
      #expect(
        try StoreInspection(there.appending(".cambium")).outputs()
          == StoreInspection(there.appending("whole")).outputs())
    }
  }

  @Test func aLongerTrainingGoesOnElsewhereFromTheShorterOnesEnd() throws {
    try inFolders { here, there in
      _ = try run("run", "ten.yaml", "--only", "base-A", "--set", "epochs=10", in: here)
      // The longer study has no stage that is finished, but one to go on from.
      _ = try run("store", "export", "ten.yaml", "-o", "../study.tar", in: here)
      _ = try run("store", "import", "../study.tar", in: there)
      let plan = try run("plan", "ten.yaml", in: there)
      #expect(plan.output.contains("continues base-A from iteration"), "\(plan.output)")
    }
  }

  @Test func anImportThatIsKilledLeavesAValidStoreAndCanBeRepeated() throws {
    try inFolders { here, there in
      _ = try run("run", "ten.yaml", in: here)
      _ = try run("store", "export", "ten.yaml", "-o", "../study.tar", in: here)
      let expected = try StoreInspection(here.appending(".cambium")).outputs()
      let instants = RandomStream(seed: Soak.seed).stream(for: "imports")
      var kills = 0
      for number in 0..<(Soak.isLong ? 60 : 8) {
        let store = there.appending("store-\(number)")
        let arguments = ["store", "import", "../study.tar", "--store", store.string]
        let program = try Program.start(arguments, in: there)
        if !program.ends(within: instants.integer(below: 60_000, at: UInt64(number))) {
          kill(program.id, SIGKILL)
          kills += 1
        }
        _ = try program.outcome()
        let inspection = StoreInspection(store)
        #expect(try inspection.damage() == [])
        #expect(try Program.run(arguments, in: there).status == 0)
        #expect(try inspection.outputs() == expected)
        #expect(try inspection.damage() == [] && inspection.remains() == [])
      }
      print("\(kills) imports killed")
    }
  }

  @Test func packedImagesSpareTheirSources() throws {
    try withTemporaryFolder { folder in
      let here = folder.appending("here/study/deep")
      let there = folder.appending("there")
      for path in [here, here.appending("../nets"), there] {
        try files.makeFolder(path.lexicallyNormalized())
      }
      for name in ["train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/b/1"] {
        let path = folder.appending("here/photos").pushing(FilePath(name + ".png"))
        try files.makeFolder(path.removingLastComponent())
        try files.write(
          TinyPNG.image(color: [UInt8(name.utf8.count * 9), name.utf8.last! &* 5, 90]), to: path)
      }
      try files.write(
        """
        cambium: 1
        networks: {net: {input: [3, 8, 8], layers: {fc: [dense: classes]}}}
        """, to: folder.appending("here/study/nets/net.yaml"))
      try files.write("a\nb\n", to: folder.appending("here/study/classes.txt"))
      try files.write(
        """
        cambium: 1
        name: photos
        include: [../nets/net.yaml]
        datasets: {photos: {source: ../../photos, classes: {file: ../classes.txt}}}
        solvers: {sgd: {batch: 2, epochs: 2, rate: 0.01}}
        stages:
          base: {train: {network: net, on: photos, solver: sgd}}
          test: {evaluate: {network: base}}
        """, to: here.appending("photos.yaml"))
      _ = try run("run", "photos.yaml", "--only", "base", in: here)
      _ = try run("store", "export", "photos.yaml", "-o", "../../../study.tar", in: here)
      let members = try readArchive(folder.appending("study.tar")).map(\.path)
      #expect(
        members.suffix(3)
          == ["files/classes.txt", "files/deep/photos.yaml", "files/nets/net.yaml"])

      let taken = try run("store", "import", "../study.tar", in: there)
      #expect(taken.output.hasSuffix("continue with: cambium run deep/photos.yaml\n"))
      // The images are not there, and need not be.
      let rest = try run("run", "deep/photos.yaml", in: there)
      #expect(rest.errors.contains("1 run, 2 cached"), "\(rest.errors)")
      #expect(rest.errors.contains("warning: dataset 'photos' does not exist"))
      // Whoever wants them packed otherwise is told what is missing.
      let text = String(
        decoding: try files.read(there.appending("deep/photos.yaml")), as: UTF8.self)
      try files.write(
        text.replacing("../classes.txt}", with: "../classes.txt}, size: [8, 9]").replacing(
          "../nets/net.yaml", with: "../nets/wide.yaml"), to: there.appending("deep/wide.yaml"))
      try files.write(
        """
        cambium: 1
        networks: {net: {input: [3, 8, 9], layers: {fc: [dense: classes]}}}
        """, to: there.appending("nets/wide.yaml"))
      let wide = try Program.run("run", "deep/wide.yaml", in: there)
      #expect(
        wide.status == 2
          && wide.errors.contains(
            "stage 'prepare-photos' must run and needs dataset 'photos', which does not exist"),
        "\(wide.errors)")

      // Without packed images, results can be read, but what needs the data has to have it; where it is, the plan
      // agrees.
      _ = try run(
        "store", "export", "photos.yaml", "-o", "../../../small.tar", "--no-data", in: here)
      let bare = folder.appending("bare/study")
      try files.makeFolder(bare)
      _ = try run("store", "import", "../../small.tar", in: bare)
      let lost = try Program.run("plan", "deep/photos.yaml", in: bare)
      #expect(lost.status == 0 && lost.errors.contains("photos' does not exist"), "\(lost)")
      let trained = try run("export", "deep/photos.yaml", "--all", "-o", "weights", in: bare)
      #expect(trained.output.contains("safetensors"), "\(trained)")
      let running = try Program.run("run", "deep/photos.yaml", in: bare)
      #expect(running.status == 2 && running.errors.contains("which does not exist"), "\(running)")
      for name in ["train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/b/1"] {
        let path = FilePath("photos").pushing(FilePath(name + ".png"))
        try files.makeFolder(folder.appending("bare").pushing(path).removingLastComponent())
        try files.write(
          files.read(folder.appending("here").pushing(path)),
          to: folder.appending("bare").pushing(path))
      }
      let plan = try run("plan", "deep/photos.yaml", in: bare)
      #expect(plan.output.contains("3 stages: 1 cached, 2 to run"), "\(plan.output)")
    }
  }

  @Test func wrongArgumentsAndArchivesAreToldApart() throws {
    try withTemporaryFolder { folder in
      try files.write("text", to: folder.appending("a.tar"))
      for (arguments, words) in [
        (["import", "none.tar"], "there is no file 'none.tar'"),
        (["import", "a.tar"], "is text, not a readable archive"),
        (["export", "none.yaml", "-o", "b.tar"], "none.yaml"),
        (["export", "none.yaml"], "name the archive with -o"),
      ] {
        let outcome = try Program.run(["store"] + arguments, in: folder)
        #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome)")
      }
    }
  }
}
