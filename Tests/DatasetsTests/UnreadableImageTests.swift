import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct UnreadableImageTests {
  /// Files that are not images, or not complete ones.
  enum Damage: String, CaseIterable {
    case emptyFile, text, truncatedJPEG, corruptJPEG, headOfJPEG, truncatedPNG, corruptPNG
    case enormousPNG, wrongChecksum

    func file() throws -> [UInt8] {
      let pixels = noise(count: 24 * 40 * 3, seed: 9)
      switch self {
      case .emptyFile: return []
      case .text: return Array("not an image".utf8)
      case .truncatedJPEG:
        let whole = try jpeg(pixels, height: 24, width: 40)
        return Array(whole.prefix(whole.count * 3 / 4))
      case .corruptJPEG:
        // Markers in the middle of the scan, where they are not allowed.
        var file = try jpeg(pixels, height: 24, width: 40)
        let middle = file.count / 2
        file.replaceSubrange(middle..<middle + 8, with: [0xff, 0xd9, 0xff, 0xd9, 0, 0, 0xff, 0xd9])
        return file
      case .headOfJPEG: return [0xff, 0xd8, 0xff, 0xe0, 0]
      case .truncatedPNG: return Array(try png(pixels, height: 24, width: 40).prefix(900))
      case .corruptPNG:
        var file = try png(pixels, height: 24, width: 40)
        for index in 100..<140 { file[index] ^= 0x5a }
        return file
      case .enormousPNG: return emptyPNG(height: 60_000, width: 60_000)
      case .wrongChecksum:
        var file = deepPNG([1, 2, 3, 4, 5, 6], height: 1, width: 2)
        file[file.count - 20] ^= 1
        return file
      }
    }
  }

  @Test(arguments: Damage.allCases) func damagedImagesAreNamed(damage: Damage) throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/bad.jpg"] = try damage.file()
      try writeFiles(files, to: folder)
      let message = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(message.contains("cannot read the image 'train/dog/bad.jpg'"))
      #expect(message.contains("unreadable: skip"))
    }
  }

  /// JPEG files that are broken at every stage of decoding.
  private func brokenJPEGs() throws -> [[UInt8]] {
    let whole = try jpeg(noise(count: 24 * 40 * 3, seed: 9), height: 24, width: 40)
    let lengths = [4, 20, 100, 200, 300, 400, 500, whole.count / 2, whole.count - 10]
    let cut = lengths.map { Array(whole.prefix($0)) }
    // Wrong bytes throughout the tables that precede the pixels.
    let changed = stride(from: 3, to: 620, by: 29).map { place -> [UInt8] in
      var file = whole
      file[place] ^= 0xff
      return file
    }
    return cut + changed
  }

  @Test func aGoodImageIsReadAfterAnyBrokenOne() throws {
    let pixels = noise(count: 24 * 40 * 3, seed: 10)
    let good = try jpeg(pixels, height: 24, width: 40)
    let expected = try packed(good).pixels
    for (number, broken) in try brokenJPEGs().enumerated() {
      try withTemporaryFolder { folder in
        // On one thread, the same decoder processes the broken image first.
        try writeFiles(
          [
            "train/a/1": broken, "train/a/2": good, "train/b/1": good, "test/a/1": good,
            "test/b/1": good,
          ], to: folder.appending("source"))
        var definition = dataset(at: folder.appending("source"))
        definition.unreadable = .skip
        definition.size = .init(height: 24, width: 40)
        let file = folder.appending("packed")
        let summary = try definition.pack(into: file, threads: 1).summary
        #expect(summary.skipped.allSatisfy { $0 == "train/a/1" }, "broken file \(number)")
        let images = try PackedDataset(file)
        let last = withExtendedLifetime(images) { Array(images.pixels(of: images.count - 1)) }
        #expect(last == expected, "broken file \(number)")
      }
    }
  }

  @Test(arguments: Damage.allCases) func skippedImagesLeaveNoTrace(damage: Damage) throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      try writeFiles(files, to: folder.appending("clean"))
      var damaged = files
      // One before everything, one in the middle, one after everything.
      let bad = try damage.file()
      for name in ["train/cat/.hidden", "train/cat/0", "test/cat/3x", "test/dog/z"] {
        damaged[name] = bad
      }
      try writeFiles(damaged, to: folder.appending("damaged"))
      var definition = dataset(at: folder.appending("damaged"))
      definition.unreadable = .skip
      let result = try packedFile(definition)
      let clean = try packedFile(dataset(at: folder.appending("clean")))
      #expect(result.bytes == clean.bytes)
      #expect(result.summary.skipped == ["train/cat/0", "test/cat/3x", "test/dog/z"])
      #expect(result.summary.trainCounts == [3, 3] && result.summary.testCounts == [2, 2])
      #expect(clean.summary.skipped.isEmpty)
    }
  }

  @Test func whatIsSkippedDoesNotDependOnThreads() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      for number in 0..<40 {
        files["train/cat/b\(number)"] = number % 3 == 0 ? [1, 2, 3] : files["train/cat/0.png"]
      }
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      let results = try [1, 2, 5].map { try packedFile(definition, threads: $0) }
      #expect(results.allSatisfy { $0 == results[0] })
      #expect(results[0].summary.skipped.count == 14)
    }
  }

  @Test func aClassWithoutReadableImagesIsAnError() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/emu/0.png"] = [1]
      files["test/emu/0.png"] = files["test/cat/3.png"]
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      let message = try message { _ = try packedFile(definition) }
      #expect(message.contains("none of the images of class 'emu' in 'train' can be read"))
    }
  }

  @Test func aDatasetWithoutReadableImagesIsAnError() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": [1], "test/a/1": [2]], to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      #expect(
        try message { _ = try packedFile(definition) }.contains("none of the images can be read"))
    }
  }

  @Test func filesTooLongForAnImageAreNotRead() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      // A hole: it takes no space on disk.
      try #require(
        truncate(folder.appending("train").appending("cat").appending("0.png").string, 1 << 40) == 0
      )
      let problem = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(problem.contains("'train/cat/0.png': it is too large for an image"))
    }
  }

  @Test func allUnreadableImagesAreListedAtOnce() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      for number in 0..<25 { files["train/cat/bad\(100 + number)"] = [1, 2, 3] }
      for (source, kind) in [("folder", nil), ("a.tar", ArchiveKind.tar)] {
        let path = folder.appending(source)
        if let kind {
          try writeArchive(members(files), to: path, kind: kind)
        } else {
          try writeFiles(files, to: path)
        }
        for threads in [1, 3] {
          let message = try message { _ = try packedFile(dataset(at: path), threads: threads) }
          for number in 0..<20 {
            #expect(message.contains("cannot read the image 'train/cat/bad\(100 + number)'"))
          }
          #expect(!message.contains("bad120"))
          #expect(message.contains("25 images cannot be read; the first 20 are listed"))
          #expect(message.split(separator: "unreadable: skip").count == 2)
        }
      }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read every file"))
  func allFilesThatMayNotBeReadAreListed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      for name in ["train/cat/0.png", "test/dog/3.png"] {
        #expect(chmod(folder.pushing(FilePath(name)).string, 0) == 0)
      }
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(message.contains("train/cat/0.png") && message.contains("test/dog/3.png"))
      #expect(message.contains("2 files of dataset"))
    }
  }

  @Test func filesOfOtherKindsAreNamedAsWhatTheyAre() throws {
    let files: [(bytes: [UInt8], kind: String)] = [
      (Array("GIF89a......".utf8), "a GIF image"),
      (Array("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ".utf8), "a WebP image"),
      (Array("BM".utf8) + [70, 1, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0], "a BMP image"),
      ([0, 0, 0, 24] + Array("ftypheic....".utf8), "a HEIF image"),
      ([0, 0, 0, 28] + Array("ftypavif....".utf8), "an AVIF image"),
      (Array("II*\0........".utf8), "a TIFF image"),
      (Array("  <!DOCTYPE HTML><title>404</title>".utf8), "an HTML page"),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8), "a Git LFS pointer"),
      (Array("PK\u{3}\u{4}....".utf8), "a zip archive"),
      (Array("an email".utf8), "text"),
      (Array("BMW is a make of cars".utf8), "text"),
      ([UInt8](repeating: 0, count: 100), "nothing but zeros"),
    ]
    try withTemporaryFolder { folder in
      var all = try smallDataset()
      for (number, file) in files.enumerated() { all["train/cat/x\(number)"] = file.bytes }
      try writeFiles(all, to: folder)
      let message = try message { _ = try packedFile(dataset(at: folder)) }
      for (number, file) in files.enumerated() {
        #expect(
          message.contains("'train/cat/x\(number)': it is \(file.kind)"), "\(file.kind)")
      }
    }
  }

  @Test func theSkippedAreCounted() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/cat/x"] = []
      files["train/dog/y"] = [1]
      files["test/cat/z"] = [1]
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      let summary = try packedFile(definition).summary
      #expect(summary.skipped == ["train/cat/x", "train/dog/y", "test/cat/z"])
      #expect(summary.skippedTraining == 2)
      #expect(summary.reasons.count == 3 && summary.reasons[0] == "it is empty")
    }
  }

  @Test func systemFilesAndNotesArePassedOverAndCounted() throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      try writeFiles(files, to: folder.appending("clean"))
      let expected = try packedFile(dataset(at: folder.appending("clean"))).bytes
      var more = files
      let notes = [
        "train/cat/README", "train/cat/Thumbs.db", "train/cat/labels.CSV", "train/dog/desktop.ini",
        "test/dog/deep/notes.txt",
      ]
      for name in notes { more[name] = Array("a note".utf8) }
      for name in [
        "train/@eaDir/x", "train/cat/@eaDir/0.png", "train/$RECYCLE.BIN/x", "lost+found/train/x/1",
      ] { more[name] = [1] }
      try writeFiles(more, to: folder.appending("more"))
      try writeArchive(members(more), to: folder.appending("more.zip"), kind: .zip)
      for source in ["more", "more.zip"] {
        let definition = dataset(at: folder.appending(source))
        let inspected = try definition.inspect(known: nil).summary
        #expect(inspected.trainCounts == [3, 3] && inspected.testCounts == [2, 2])
        let packed = try packedFile(definition)
        #expect(packed.bytes == expected)
        #expect(packed.summary.passedOver == (notes + ["train/cat/@eaDir"]).sorted())
      }
    }
  }

  @Test func anImageWithTheNameOfANoteIsAnImage() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/cat/a.txt"] = files["train/cat/0.png"]
      try writeFiles(files, to: folder.appending("folder"))
      try writeArchive(members(files), to: folder.appending("a.tgz"), kind: .compressedTar)
      for source in ["folder", "a.tgz"] {
        let summary = try packedFile(dataset(at: folder.appending(source))).summary
        #expect(summary.trainCounts == [4, 3] && summary.passedOver.isEmpty)
      }
    }
  }
}
