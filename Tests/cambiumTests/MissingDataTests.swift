import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Results that outlive the data that they came from, and data that changes behind everybody's back.
@Suite struct MissingDataTests {
  private let files = LocalFileSystem()

  private static let pipeline = """
    cambium: 1
    name: outlives
    datasets: {photos: {source: photos, classes: {file: synsets.txt}}}
    splits:
      halves: {dataset: photos, classes: {A: {file: a.txt}, B: [dog, emu]}}
    networks: {net: {input: [3, 8, 8], layers: {conv1: [conv: {filters: 2, kernel: 3}], fc2: [dense: classes]}}}
    solvers: {sgd: {batch: 4, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: halves.A, solver: sgd}}
      tuned: {transfer: {network: net, from: w.safetensors, layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd}}
      test: {evaluate: {network: base}}
      table: {report: all}
    """

  /// A folder with a pipeline, all that it reads, and its results.
  private func inFolder(
    _ name: String = "study", _ body: (FilePath) throws -> Void
  ) throws {
    try withTemporaryFolder { top in
      let folder = top.appending(name)
      try files.makeFolder(folder)
      for (label, name) in ["ant", "cat", "dog", "emu"].enumerated() {
        for subset in ["train", "test"] {
          let path = folder.pushing(FilePath("photos/\(subset)/\(name)"))
          try files.makeFolder(path)
          for number in 0..<4 {
            let color = [UInt8(label * 60), UInt8(number * 20), 100]
            try files.write(TinyPNG.image(color: color), to: path.appending("\(number).png"))
          }
        }
      }
      try files.write("ant\ncat\ndog\nemu\n", to: folder.appending("synsets.txt"))
      try files.write("ant\ncat\n", to: folder.appending("a.txt"))
      try files.write(
        Self.pipeline.replacing("tuned: {", with: "other: {").replacing(
          "from: w.safetensors", with: "from: base"), to: folder.appending("first.yaml"))
      try run("run", "first.yaml", "--only", "base", in: folder)
      try run("export", "first.yaml", "base", "-o", ".", in: folder)
      try files.move(folder.appending("base.safetensors"), to: folder.appending("w.safetensors"))
      try files.write(Self.pipeline, to: folder.appending("p.yaml"))
      try run("run", "p.yaml", in: folder)
      try body(folder)
    }
  }

  @discardableResult
  private func run(_ arguments: String..., in folder: FilePath) throws -> Program.Outcome {
    let outcome = try Program.run(arguments, in: folder)
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    return outcome
  }

  private static let inputs = ["photos", "synsets.txt", "a.txt", "w.safetensors"]

  private static let readings = """
    cambium: 1
    name: readings
    datasets:
      usual: {source: photos}
      swapped: {source: photos, subsets: {train: test, test: train}}
      fewer:
        source: photos
        classes: {file: synsets.txt}
        subsets: {train: {list: lists/train.txt}, test: {list: lists/test.txt}}
    networks: {net: {input: [3, 8, 8], layers: {conv1: [conv: {filters: 2, kernel: 3}], fc2: [dense: classes]}}}
    solvers: {sgd: {batch: 4, epochs: 1, rate: 0.01}}
    stages:
      "base-${data}": {for: {data: [usual, swapped, fewer]}, train: {network: net, on: "${data}", solver: sgd}}
      "test-${data}": {for: {data: [usual, swapped, fewer]}, evaluate: {network: "base-${data}"}}
      table: {report: all}
    """

  /// One source that is read in several ways keeps a record of each, here and in an exported study.
  @Test func eachReadingOfALostSourceHasItsOwnResults() throws {
    try inFolder { folder in
      for name in ["2.png", "3.png"] {
        try files.remove(folder.pushing(FilePath("photos/test/ant/\(name)")))
      }
      try files.makeFolder(folder.appending("lists"))
      for subset in ["train", "test"] {
        let lines = ["ant", "cat", "dog", "emu"].enumerated().map {
          "\(subset)/\($0.element)/0.png \($0.offset)\n"
        }
        try files.write(lines.joined(), to: folder.pushing(FilePath("lists/\(subset).txt")))
      }
      try files.write(Self.readings, to: folder.appending("r.yaml"))
      try run("run", "r.yaml", in: folder)
      func facts(_ folder: FilePath) throws -> [String] {
        try ["usual", "swapped", "fewer"].map {
          try run("show", "r.yaml", "prepare-\($0)", "--json", in: folder).output
        } + [run("report", "r.yaml", in: folder).output]
      }
      let expected = try facts(folder)
      #expect(Set(expected).count == 4)
      try files.move(folder.appending("photos"), to: folder.appending("moved"))
      try run("plan", "r.yaml", "--exit-code", in: folder)
      #expect(try facts(folder) == expected)

      try run("store", "export", "r.yaml", "-o", "study.tar", in: folder)
      let elsewhere = folder.appending("elsewhere")
      try files.makeFolder(elsewhere)
      try run("store", "import", "../study.tar", in: elsewhere)
      try run("plan", "r.yaml", "--exit-code", in: elsewhere)
      #expect(try run("report", "r.yaml", in: elsewhere).output == expected[3])
      #expect(try files.exists(elsewhere.pushing(FilePath("lists/test.txt"))))
    }
  }

  @Test func resultsAreShownReportedAndExportedWithoutTheirData() throws {
    try inFolder { folder in
      let expected = try run("report", "p.yaml", in: folder).output
      for name in Self.inputs {
        try files.move(folder.appending(name), to: folder.appending("moved-\(name)"))
      }
      for command in [
        ["plan", "p.yaml", "--exit-code"], ["status", "p.yaml"], ["show", "p.yaml", "base"],
        ["report", "p.yaml"], ["export", "p.yaml", "--all", "-o", "weights"], ["run", "p.yaml"],
        ["why", "p.yaml", "test"], ["store", "export", "p.yaml", "-o", "../study.tar"],
        ["check", "p.yaml"],
      ] {
        let outcome = try Program.run(command, in: folder)
        #expect(outcome.status == 0, "\(command): \(outcome)")
        guard command[0] != "check" else { continue }
        for missing in [
          "dataset 'photos'", "class list 'synsets.txt'", "class list 'a.txt'",
          "weights file 'w.safetensors'",
        ] {
          #expect(
            outcome.errors.contains(
              "warning: \(missing) does not exist: using what the store recorded about it"),
            "\(command): \(outcome.errors)")
        }
      }
      #expect(try run("report", "p.yaml", in: folder).output == expected)
      #expect(
        try run("store", "gc", "p.yaml", "first.yaml", in: folder).output == "nothing to free now\n"
      )
      // An empty folder, as where a disk is not mounted, is no data either.
      try files.makeFolder(folder.appending("photos"))
      try run("plan", "p.yaml", "--exit-code", in: folder)

      let forced = try Program.run(
        ["run", "p.yaml", "--force", "prepare-photos", "--force", "tuned"], in: folder)
      #expect(forced.status == 2)
      #expect(
        forced.errors.contains(
          "stage 'prepare-photos' must run and needs dataset 'photos', which does not exist"))
      #expect(
        forced.errors.contains(
          "stage 'tuned' must run and needs weights file 'w.safetensors', which does not exist"))
      // What does not read the data itself can run.
      try run("run", "p.yaml", "--force", "base", in: folder)
      #expect(try run("report", "p.yaml", in: folder).output == expected)

      // The study is imported where none of it has ever been.
      let there = folder.removingLastComponent().appending("there")
      try files.makeFolder(there)
      try run("store", "import", "../study.tar", in: there)
      try run("plan", "p.yaml", "--exit-code", in: there)
      #expect(try run("report", "p.yaml", in: there).output == expected)
    }
  }

  @Test func whatIsThereButDifferentHasChanged() throws {
    try inFolder { folder in
      try files.remove(folder.pushing("photos/train/ant/3.png"))
      let plan = try Program.run(["plan", "p.yaml", "--exit-code"], in: folder)
      #expect(plan.status == 3 && !plan.errors.contains("does not exist"), "\(plan)")
      try files.write("dog\nemu\n", to: folder.appending("a.txt"))
      #expect(try Program.run(["plan", "p.yaml"], in: folder).status == 2)
    }
  }

  @Test func withNothingKnownMissingDataIsAnError() throws {
    try inFolder { folder in
      try files.remove(folder.appending("photos"))
      try files.remove(folder.appending(".cambium/inspections"))
      let plan = try Program.run(["plan", "p.yaml"], in: folder)
      #expect(plan.status == 2 && plan.errors.contains("dataset 'photos' does not exist"))
      // And nothing is taken for unneeded.
      let gc = try Program.run(["store", "gc", "p.yaml", "--yes"], in: folder)
      #expect(gc.status == 2)
      #expect(try run("store", "verify", in: folder).output.hasPrefix("5 results"))
    }
  }

  @Test func damagedNotesAreFoundAndMended() throws {
    try inFolder { folder in
      let store = folder.appending(".cambium")
      #expect(try !Program.run(["doctor"], in: folder).output.contains("notes of the store"))
      for name in try files.names(in: store.appending("inspections")) {
        let path = store.appending("inspections").appending(name)
        var bytes = try files.read(path)
        bytes[bytes.count / 2] ^= 1
        try files.remove(path)
        try files.write(bytes, to: path)
      }
      try files.write("{", to: store.appending("store.json"))
      let doctor = try Program.run(["doctor"], in: folder)
      #expect(doctor.status == 1 && doctor.output.contains("notes of the store are damaged"))
      try run("plan", "p.yaml", "--exit-code", in: folder)
      let gc = try run("store", "gc", "p.yaml", "first.yaml", "--yes", in: folder)
      #expect(gc.output == "nothing to free now\n")
      #expect(try Program.run(["store", "verify", "--repair"], in: folder).status == 1)
      #expect(try run("store", "verify", in: folder).output.hasSuffix("no damage\n"))
      #expect(try !Program.run(["doctor"], in: folder).output.contains("notes of the store"))
      try run("plan", "p.yaml", "--exit-code", in: folder)
    }
  }

  @Test func changesInPlaceAreFound() throws {
    try inFolder { folder in
      try run("plan", "p.yaml", "--exit-code", in: folder)
      try changeInPlace(folder.appending("w.safetensors"))
      let weights = try Program.run(["plan", "p.yaml", "--exit-code"], in: folder)
      #expect(weights.status == 3 && weights.output.contains("tuned"), "\(weights)")
      try changeInPlace(folder.appending("w.safetensors"))
      try run("plan", "p.yaml", "--exit-code", in: folder)
      try changeInPlace(folder.pushing("photos/train/ant/0.png"))
      let photos = try Program.run(["plan", "p.yaml", "--exit-code"], in: folder)
      #expect(photos.status == 3 && photos.output.contains("prepare-photos"), "\(photos)")
    }
  }
}
