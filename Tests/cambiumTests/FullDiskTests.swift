import Basics
import SystemPackage
import TestSupport
import Testing

/// Runs on a disk that is full in the middle of a write, whichever it is.
@Suite(
  .serialized, .enabled(if: SmallDisk.isAllowed, "mounting a small file system is refused here"))
struct FullDiskTests {
  /// Kilobytes left free at the start: too few for the packed images, for a state, for weights, for a
  /// record; the long form tries every third page.
  private static let room: [Int] =
    Soak.isLong
    ? Array(stride(from: 0, through: 1400, by: 12))
    : [0, 12, 100, 660, 820]

  @Test func aFullDiskIsToldLeavesAValidStoreAndIsGotOver() throws {
    try SoakTests().inFolder { folder, expected in
      try SmallDisk.withDisk(kilobytes: 8000) { disk in
        var failures: Set<String> = []
        for kilobytes in Self.room {
          let name = disk.folder.appending("store").string
          try disk.fill(leaving: kilobytes << 10)
          let full = try Program.run(SoakTests.run(name), in: folder)
          let inspection = StoreInspection(disk.folder.appending("store"))
          if full.status != 0 {
            #expect([1, 2].contains(full.status))
            #expect(
              full.errors.contains("No space left on device")
                || full.errors.contains("packed images take at least"),
              "\(kilobytes) kB: \(full.errors)")
            failures.formUnion(Self.kinds(full.errors))
          }
          #expect(try inspection.damage() == [], "\(kilobytes) kB")
          // What a log has of its last line does not keep anybody from reading it.
          let status = try Program.run("status", "ten.yaml", "--store", name, in: folder)
          #expect(status.status == 0, "\(kilobytes) kB: \(status)")
          try disk.clear()
          let after = try Program.run(SoakTests.run(name), in: folder)
          #expect(after.status == 0, "\(kilobytes) kB: \(after.errors)")
          #expect(try inspection.outputs() == expected, "\(kilobytes) kB")
          #expect(try inspection.remains() == [], "\(kilobytes) kB")
          try LocalFileSystem().remove(inspection.store.root)
        }
        print("what did not fit: \(failures.sorted())")
        #expect(failures.isSuperset(of: ["packed images", "safetensors"]))
      }
    }
  }

  /// The disk is full for a while, and has room again before the end.
  @Test func aStateThatDoesNotFitIsAWarning() throws {
    try withTemporaryFolder { folder in
      let text = """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 10, test: 2}}}
        networks:
          net: {input: [3, 32, 32], layers: {fc1: [dense: 32, relu], fc2: [dense: classes]}}
        solvers: {sgd: {batch: 16, epochs: 3000, momentum: 0.9, rate: 0.01}}
        stages:
          base: {train: {network: net, on: shapes, solver: sgd}}
        """
      try LocalFileSystem().write(Array(text.utf8), to: folder.appending("p.yaml"))
      let plenty = try Program.run("run", "p.yaml", "--store", "plenty", in: folder)
      #expect(plenty.status == 0, "\(plenty)")
      let expected = try StoreInspection(folder.appending("plenty")).outputs()
      try SmallDisk.withDisk(kilobytes: 8000) { disk in
        let store = disk.folder.appending("store")
        let program = try Program.start(
          ["run", "p.yaml", "--store", store.string, "--checkpoint", "0.1"], in: folder,
          named: "full")
        try program.waitForError("start  base")
        try disk.fill(leaving: 0)
        try program.waitForError("cannot be saved, and training continues")
        try disk.clear()
        let run = try program.outcome()
        #expect(run.status == 0, "\(run)")
        #expect(try StoreInspection(store).outputs() == expected)
      }
    }
  }

  /// What only saves time makes way for a result.
  @Test func cachedActivationsMakeRoom() throws {
    try withTemporaryFolder { folder in
      let text = """
        cambium: 1
        datasets: {shapes: {source: builtin:shapes, examples: {train: 50, test: 2}}}
        networks:
          net:
            input: [3, 32, 32]
            layers:
              conv1: [conv: {filters: 16, kernel: 5, padding: 2}, relu, max-pool: {kernel: 4, stride: 4}]
              fc2: [dense: 128, relu]
              fc3: [dense: classes]
        solvers: {sgd: {batch: 25, epochs: 4, rate: 0.01}}
        stages:
          base: {train: {network: net, on: shapes, solver: sgd}}
          frozen: {transfer: {from: base, layers: {first 1: freeze, rest: initialize}, on: shapes, solver: sgd}}
          other: {train: {network: net, on: shapes, solver: sgd, seed: 2}}
        """
      try LocalFileSystem().write(text, to: folder.appending("p.yaml"))
      let plenty = try Program.run("run", "p.yaml", "--store", "plenty", in: folder)
      #expect(plenty.status == 0, "\(plenty)")
      let expected = try StoreInspection(folder.appending("plenty")).outputs()
      try SmallDisk.withDisk(kilobytes: 40_000) { disk in
        let store = disk.folder.appending("store")
        let run = ["run", "p.yaml", "--store", store.string]
        let first = try Program.run(run + ["--only", "frozen"], in: folder)
        #expect(first.status == 0, "\(first)")
        let activations = store.appending("activations")
        try #require(!LocalFileSystem().names(in: activations).isEmpty, "\(first)")
        // Too little for the weights.
        try disk.fill(leaving: 200 << 10)
        let second = try Program.run(run, in: folder)
        #expect(second.status == 0, "\(second)")
        #expect(
          second.errors.contains("'other' did not fit on the disk and is tried again"), "\(second)")
        #expect(try LocalFileSystem().names(in: activations).isEmpty)
        #expect(try StoreInspection(store).outputs() == expected)
      }
    }
  }

  /// What the messages say could not be written.
  private static func kinds(_ errors: String) -> Set<String> {
    Set(
      [
        "images.packed", "packed images", "safetensors", "steps.bin", "checkpoints/", "records/",
        "inspections/",
        "latest/", "logs/", "objects/", "store.json", "measurements.json", "report", "load-report",
        "/tmp'",
      ].filter { errors.contains($0) })
  }
}
