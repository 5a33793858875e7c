import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

@Suite struct PackingTests {
  @Test func packedBytesDoNotDependOnThreads() throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("small.tar")
      var files: [String: [UInt8]] = [:]
      for number in 0..<70 {
        let pixels = noise(count: 20 * 30 * 3, seed: number)
        files["\(number % 2 == 0 ? "train" : "test")/c\(number % 3)/\(number)"] =
          number % 5 == 0
          ? try jpeg(pixels, height: 20, width: 30) : try png(pixels, height: 30, width: 20)
      }
      try writeFiles(files, to: folder.appending("source"))
      try writeArchive(members(files), to: archive, kind: .tar)
      for source in [archive, folder.appending("source")] {
        var definition = dataset(at: source)
        definition.size = .init(height: 11, width: 12)
        let one = try packedFile(definition, threads: 1)
        for threads in [2, 3, 8, 100] {
          #expect(try packedFile(definition, threads: threads) == one)
        }
      }
    }
  }

  @Test func everySourceOfTheSameFilesGivesTheSameBytes() throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      try writeFiles(files, to: folder.appending("plain"))
      try writeFiles(files, to: folder.appending("nested/top"))
      let expected = try packedFile(dataset(at: folder.appending("plain"))).bytes
      #expect(try packedFile(dataset(at: folder.appending("nested"))).bytes == expected)
      for kind in ArchiveKind.allCases {
        for top in ["", "./", "photos/", "./photos/"] {
          let archive = folder.appending("archive")
          try writeArchive(members(files, below: top), to: archive, kind: kind)
          let bytes = try packedFile(dataset(at: archive)).bytes
          #expect(bytes == expected, "\(kind) below '\(top)'")
        }
      }
    }
  }

  @Test func theOrderInAnArchiveDoesNotMatter() throws {
    try withTemporaryFolder { folder in
      let files = members(try smallDataset())
      let archive = folder.appending("a.tar")
      try writeArchive(files, to: archive, kind: .tar)
      let expected = try packedFile(dataset(at: archive)).bytes
      for seed in 0..<5 {
        let order = RandomStream(seed: UInt64(seed)).permutation(of: files.count)
        try writeArchive(order.map { files[$0] }, to: archive, kind: .tar)
        #expect(try packedFile(dataset(at: archive)).bytes == expected)
      }
    }
  }

  @Test func classesAndFilesAreOrderedByTheirBytes() throws {
    try withTemporaryFolder { folder in
      // Capitals before small letters, "10" before "9", ~ after z; a folder's name may end in ".png".
      let classes = ["Z", "a", "a.png", "b", "z", "z~"]
      let names = ["10", "9", "B", "a", "~a"]
      var files: [String: [UInt8]] = [:]
      for (label, name) in classes.enumerated() {
        for (number, file) in names.enumerated() {
          let color = UInt8(label * 10 + number)
          files["train/\(name)/\(file)"] = try png([color, 0, 0], height: 1, width: 1)
          files["test/\(name)/\(file)"] = try png([100 + color, 0, 0], height: 1, width: 1)
        }
      }
      try writeFiles(files, to: folder.appending("source"))
      for kind in [ArchiveKind.tar, .plainTar, .compressedTar] {
        try writeArchive(
          members(files).reversed(), to: folder.appending("\(kind)"), kind: kind)
      }
      for source in ["source", "tar", "plainTar", "compressedTar"] {
        let file = folder.appending("packed")
        let summary = try dataset(at: folder.appending(source)).pack(into: file, threads: 2).summary
        #expect(summary.classes == classes)
        let images = try PackedDataset(file)
        #expect(images.classes == classes)
        let colors = (0..<images.count).map { images.pixels(of: $0)[0] }
        let expected = (0..<6).flatMap { label in (0..<5).map { UInt8(label * 10 + $0) } }
        #expect(colors == expected + expected.map { 100 + $0 })
      }
    }
  }

  @Test func hiddenFilesAreNoImages() throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      try writeFiles(files, to: folder.appending("clean"))
      var more = files
      for name in [
        "train/cat/.DS_Store", "train/.cat/0.png", ".train/cat/7.png", "train/README",
        "__MACOSX/train/cat/._0.png", "README.txt", "test/notes.txt", "extra/cat/0.png",
      ] { more[name] = [1, 2, 3] }
      try writeFiles(more, to: folder.appending("more"))
      try writeArchive(members(more), to: folder.appending("more.zip"), kind: .zip)
      let expected = try packedFile(dataset(at: folder.appending("clean"))).bytes
      #expect(try packedFile(dataset(at: folder.appending("more"))).bytes == expected)
      #expect(try packedFile(dataset(at: folder.appending("more.zip"))).bytes == expected)
    }
  }

  @Test func imagesOfDifferentSizesAreNamed() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/x.png"] = try png(noise(count: 9, seed: 1), height: 3, width: 1)
      try writeFiles(files, to: folder)
      let message = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(message.contains("'train/cat/0.png' is 6×8, 'train/dog/x.png' is 3×1"))
      #expect(message.contains("'size'"))
      var definition = dataset(at: folder)
      definition.size = .init(height: 5, width: 4)
      let summary = try packedFile(definition).summary
      #expect(summary.height == 5 && summary.width == 4 && summary.trainCounts == [3, 4])
    }
  }

  @Test func aFullDiskIsNamed() throws {
    let definition = DatasetDefinition(source: .shapes(seed: 0, train: 1, test: 1))
    let message = try message { _ = try definition.pack(into: "/dev/full", threads: 1) }
    #expect(message.contains("cannot write '/dev/full': No space left on device"))
  }

  @Test func anOutputThatCannotBeCreatedIsNamed() throws {
    try withTemporaryFolder { folder in
      let definition = DatasetDefinition(source: .shapes(seed: 0, train: 1, test: 1))
      let message = try message {
        _ = try definition.pack(into: folder.appending("no/such/folder"), threads: 1)
      }
      #expect(message.contains("cannot create") && message.contains("no/such/folder"))
    }
  }

  /// Where images arrive in the order of the file, and none is left out.
  @Test func theDigestOfAFileIsKnownOnceItIsWritten() throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      try writeFiles(files, to: folder.appending("source"))
      try writeArchive(
        members(files).reversed(), to: folder.appending("reversed"), kind: .plainTar)
      let file = folder.appending("packed")
      for threads in [1, 3] {
        let content = try dataset(at: folder.appending("source"))
          .pack(into: file, threads: threads).content
        #expect(try content == LocalFileSystem().digest(of: file))
      }
      // An interrupted packer's images count.
      let half = StopCheck { (try? LocalFileSystem().status(of: file)) != nil }
      try LocalFileSystem().remove(file)
      #expect(throws: Interrupted.self) {
        try dataset(at: folder.appending("source")).pack(into: file, threads: 1, unless: half)
      }
      let resumed = try dataset(at: folder.appending("source")).pack(into: file, threads: 2)
      #expect(try resumed.content == LocalFileSystem().digest(of: file))

      let reversed = try dataset(at: folder.appending("reversed")).pack(into: file, threads: 2)
      #expect(reversed.content == nil)
      var definition = dataset(at: folder.appending("source"))
      definition.storage = .jpeg(quality: 90)
      #expect(try definition.pack(into: file, threads: 2).content == nil)
      try writeFiles(["train/cat/1.png": [1, 2, 3]], to: folder.appending("source"))
      definition.storage = .pixels
      definition.unreadable = .skip
      #expect(try definition.pack(into: file, threads: 2).content == nil)
    }
  }

  @Test func progressEndsWithEveryImage() throws {
    try withTemporaryFolder { folder in
      let reports = Guarded<[(Int, Int)]>([])
      let definition = DatasetDefinition(source: .shapes(seed: 0, train: 3, test: 2))
      _ = try definition.pack(into: folder.appending("packed"), threads: 2) { completed, total in
        reports.withLock { $0.append((completed, total)) }
      }
      let seen = reports.withLock { $0 }
      #expect(seen.map(\.0) == seen.map(\.0).sorted())
      #expect(seen.last?.0 == 50 && seen.allSatisfy { $0.1 == 50 })
    }
  }

  @Test func packingStopsWhenAsked() throws {
    try withTemporaryFolder { folder in
      let definition = DatasetDefinition(source: .shapes(seed: 0, train: 3, test: 2))
      #expect(throws: Interrupted.self) {
        try definition.pack(
          into: folder.appending("packed"), threads: 2, unless: StopCheck { true })
      }
    }
  }

  @Test func theSummarySaysWhatWasPacked() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      var definition = dataset(at: folder)
      definition.channels = 1
      let summary = try packedFile(definition).summary
      #expect(summary.classes == ["cat", "dog"])
      #expect(summary.trainCounts == [3, 3] && summary.testCounts == [2, 2])
      #expect([summary.channels, summary.height, summary.width] == [1, 6, 8])
      #expect(summary.skipped == [] && summary.skippedTraining == 0 && summary.reasons == [])
      #expect(summary.passedOver == [] && summary.traits == [:])
    }
  }
}
