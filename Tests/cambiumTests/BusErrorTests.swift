import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Files of a store that are cut short while a run has them mapped. No run does that to another, since files have one
/// writer each; other programs may.
@Suite struct BusErrorTests {
  private let files = LocalFileSystem()

  private static let pipeline = """
    cambium: 1
    name: cut
    datasets: {images: {source: images.tar}}
    networks:
      net:
        input: [3, 16, 16]
        layers:
          conv1: [conv: {filters: 8, kernel: 3}, relu, max-pool: {kernel: 4, stride: 4}]
          fc2: [dense: classes]
    params: {epochs: 2000}
    solvers: {sgd: {batch: 32, epochs: "${epochs}", rate: 0.01}}
    stages:
      base: {train: {network: net, on: images, solver: sgd}}
      test: {evaluate: {network: base}}
    """

  private func inFolder(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      var members: [ArchiveMember] = []
      for (subset, count) in [("train", 1000), ("test", 10)] {
        for label in ["a", "b"] {
          for number in 0..<count {
            let color = [number % 251, number % 241, label == "a" ? 200 : 40].map(UInt8.init)
            members.append(
              .file(
                "\(subset)/\(label)/\(number).png", TinyPNG.image(color: color, side: 16)))
          }
        }
      }
      try writeArchive(members, to: folder.appending("images.tar"), kind: .tar)
      try files.write(Self.pipeline, to: folder.appending("cut.yaml"))
      try body(folder)
    }
  }

  /// The packed images, which are by far the largest object.
  private func packedImages(in store: FilePath) throws -> FilePath {
    let objects = store.appending("objects")
    for shard in try files.names(in: objects) {
      for name in try files.names(in: objects.appending(shard)) {
        let path = objects.appending(shard).appending(name)
        if try files.status(of: path)?.size ?? 0 > 1_000_000 { return path }
      }
    }
    throw DiagnosticError("there are no packed images")
  }

  @Test func imagesThatAreCutShortWhileTheyAreReadEndTheRunWithAMessage() throws {
    try inFolder { folder in
      let store = Store(at: folder.appending("store"))
      let run = try Program.start(
        ["run", "cut.yaml", "--store", "store", "--checkpoint", "0.01"], in: folder)
      try run.waitForError("start  base")
      // The first checkpoint tells that images have been read.
      while run.isRunning, try !store.hasCheckpoints { usleep(10_000) }
      let images = try packedImages(in: folder.appending("store"))
      _ = chmod(images.string, 0o644)
      try #require(truncate(images.string, 4096) == 0)
      let outcome = try run.outcome()
      #expect(outcome.status == 1 && !outcome.wasEndedBySignal, "\(outcome)")
      #expect(outcome.errors.contains("was truncated by another program"), "\(outcome)")
      // The next run recomputes what is damaged.
      let again = try Program.run(
        "run", "cut.yaml", "--store", "store", "--set", "epochs=2", in: folder)
      #expect(again.status == 0, "\(again)")
      #expect(try StoreInspection(folder.appending("store")).damage() == [])
    }
  }
}
