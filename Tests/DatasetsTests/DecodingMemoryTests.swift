import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Preparing stays within its memory limit.
@Suite struct DecodingMemoryTests {
  @Test func anImageThatTakesMoreThanThereIsIsNamed() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/large.png"] = try png(
        gradient(height: 1200, width: 1000), height: 1200, width: 1000)
      files["train/dog/bad.png"] = []
      try writeFiles(files, to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = .init(height: 6, width: 8)
      // The packed images must not depend on the memory: such an image is never skipped.
      definition.unreadable = .skip
      let file = folder.appending("packed")
      let message = try message {
        _ = try definition.pack(into: file, threads: 2, memory: DecodingMemory(limit: 3 << 20))
      }
      #expect(
        message.contains("decoding 'train/dog/large.png' (1200×1000 pixels) takes 3 MiB"),
        "\(message)")
      #expect(message.contains("--memory"))
      let summary = try definition.pack(
        into: file, threads: 2, memory: DecodingMemory(limit: 4 << 20)
      ).summary
      #expect(summary.trainCounts == [3, 4] && summary.skipped == ["train/dog/bad.png"])
    }
  }

  /// An image of a few hundred bytes is a hundred thousand times as large on its way to the packed size.
  @Test func whatResizingTakesCounts() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/tall.png"] = try png(
        .init(repeating: 9, count: 20_000 * 3), height: 20_000, width: 1)
      try writeFiles(files, to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = .init(height: 500, width: 500)
      let message = try message {
        _ = try definition.pack(
          into: folder.appending("packed"), threads: 2, memory: DecodingMemory(limit: 20 << 20))
      }
      #expect(
        message.contains("decoding 'train/dog/tall.png' (20000×1 pixels) takes 29 MiB"),
        "\(message)")
    }
  }

  @Test func whatIsPackedDoesNotDependOnTheMemory() throws {
    try withTemporaryFolder { folder in
      var files: [String: [UInt8]] = [:]
      for number in 0..<12 {
        files["\(number % 2 == 0 ? "train" : "test")/a/\(number)"] = try jpeg(
          noise(count: 60 * 50 * 3, seed: number), height: 60, width: 50)
      }
      try writeFiles(files, to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = .init(height: 7, width: 7)
      let results = try [10_500, 20_000, 1 << 30].map { limit in
        let file = folder.appending("packed")
        _ = try definition.pack(
          into: file, threads: 4, memory: DecodingMemory(limit: limit))
        return try LocalFileSystem().read(file)
      }
      #expect(results[0] == results[1] && results[1] == results[2])
    }
  }
}
