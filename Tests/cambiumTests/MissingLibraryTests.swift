import Basics
import SystemPackage
import TestSupport
import Testing

/// OpenBLAS and libarchive are loaded when they are needed, and may not be there, or not whole.
@Suite struct MissingLibraryTests {
  @Test func aBrokenOpenBLASIsAnErrorBeforeAnythingRuns() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      try files.write(tenStages, to: folder.appending("ten.yaml"))
      try files.makeFolder(folder.appending("lib"))
      try files.write("no library", to: folder.appending("lib").appending("libopenblas.so.0"))
      func run(_ arguments: String...) throws -> Program.Outcome {
        try Program.start(
          arguments, in: folder,
          environment: ["LD_LIBRARY_PATH": folder.appending("lib").string]
        ).outcome()
      }
      let outcome = try run("run", "ten.yaml")
      #expect(outcome.status == 1 && !outcome.wasEndedBySignal, "\(outcome)")
      #expect(
        outcome.errors.contains("cannot run: OpenBLAS cannot be used (Debian:"), "\(outcome)")
      #expect(try !files.exists(folder.appending(".cambium").appending("records")))
      let bench = try run("bench", "ten.yaml", "--batch", "2", "--repetitions", "1")
      #expect(bench.status == 1 && bench.errors.contains("OpenBLAS cannot be used"), "\(bench)")
      #expect(try run("doctor").output.contains("OpenBLAS cannot be used"))
      // What needs no network runs.
      #expect(try run("run", "ten.yaml", "--only", "prepare-shapes").status == 0)
      #expect(try run("plan", "ten.yaml").status == 0)
    }
  }

  @Test func aBrokenLibarchiveIsAnErrorWhereAnArchiveIsRead() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      try files.write(tenStages, to: folder.appending("ten.yaml"))
      try files.write(
        tenStages.replacing(
          "builtin:shapes, examples: {train: 16, test: 4}", with: "photos.tar, size: 32"),
        to: folder.appending("archive.yaml"))
      try writeArchive(
        [.file("train/cat/1.png", TinyPNG.image(color: [1, 2, 3]))],
        to: folder.appending("photos.tar"), kind: .tar)
      try files.makeFolder(folder.appending("lib"))
      try files.write("no library", to: folder.appending("lib").appending("libarchive.so.13"))
      func run(_ arguments: String...) throws -> Program.Outcome {
        try Program.start(
          arguments, in: folder,
          environment: ["LD_LIBRARY_PATH": folder.appending("lib").string]
        ).outcome()
      }
      let outcome = try run("plan", "archive.yaml")
      #expect(outcome.status == 2 && !outcome.wasEndedBySignal, "\(outcome)")
      #expect(
        outcome.errors.contains(
          "cannot read 'photos.tar': libarchive cannot be used (Debian: apt-get install libarchive13): "
        ), "\(outcome)")
      // What reads no archive runs.
      #expect(try run("plan", "ten.yaml").status == 0)
    }
  }
}
