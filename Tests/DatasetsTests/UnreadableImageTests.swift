import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct UnreadableImageTests {
  /// Files that are no images, or no whole ones.
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
        // Markers where none may be, in the middle of the scan.
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
    // Wrong bytes all through the tables that precede the pixels.
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
        // On one thread, one decoder meets the broken image first.
        try writeFiles(
          [
            "train/a/1": broken, "train/a/2": good, "train/b/1": good, "test/a/1": good,
            "test/b/1": good,
          ], to: folder.appending("source"))
        var definition = dataset(at: folder.appending("source"))
        definition.unreadable = .skip
        definition.size = .init(height: 24, width: 40)
        let file = folder.appending("packed")
        let summary = try definition.pack(into: file, threads: 1)
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
      // A hole: it takes no room on the disk.
      try #require(
        truncate(folder.appending("train").appending("cat").appending("0.png").string, 1 << 40) == 0
      )
      let problem = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(problem.contains("'train/cat/0.png': it is longer than any image should be"))
    }
  }
}
