import Basics
import Datasets
import Definitions
import Dispatch
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Small files that claim to be large.
@Suite struct BombTests {
  @Test func scansThatNoImageNeedsAreRefused() throws {
    let file = try jpeg(noise(count: 24 * 40 * 3, seed: 9), height: 24, width: 40)
    let start = try #require(
      file.indices.dropLast().last { file[$0] == 0xff && file[$0 + 1] == 0xda })
    let scan = file[start..<file.count - 2]
    func repeated(_ count: Int) -> [UInt8] {
      file[..<start] + repeatElement(scan, count: count).joined() + [0xff, 0xd9]
    }
    _ = try packed(repeated(1))
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/bad.jpg"] = repeated(101)
      try writeFiles(files, to: folder)
      let message = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(message.contains("its 101 scans are more than any image needs"), "\(message)")
    }
  }

  /// A round may have a thousand images that take a second each.
  @Test func decodingStopsBetweenTwoImagesAndKeepsThoseBefore() throws {
    try withTemporaryFolder { folder in
      try writeFiles(smallDataset(), to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = DatasetDefinition.Size(height: 6, width: 8)
      let file = folder.appending("packed")
      let whole = try packedFile(definition).bytes
      // All images are one round.
      var kept: Set<Int> = []
      var count = 1
      while true {
        do {
          _ = try definition.pack(into: file, threads: 1, unless: Countdown(count).check)
          break
        } catch is Interrupted {}
        let first = Guarded<Int?>(nil)
        _ = try definition.pack(into: file, threads: 1) { completed, _ in
          first.withLock { $0 = $0 ?? completed }
        }
        kept.insert(try #require(first.withLock { $0 }))
        #expect(try LocalFileSystem().read(file) == whole)
        try LocalFileSystem().remove(file)
        count += 1
      }
      #expect(kept.isSuperset(of: 1...10))
    }
  }

  @Test func noMoreIsDecodedAtOnceThanThereIsRoomFor() throws {
    let budget = DecodingMemory(limit: 100)
    let state = Guarded((now: 0, most: 0))
    let sizes = (0..<200).map { [10, 60, 35, 1, 500][$0 % 5] }
    let done = Guarded(0)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for size in sizes[(thread * 50)..<(thread * 50 + 50)] {
        budget.with(size) {
          let share = min(size, 100)
          state.withLock {
            $0.now += share
            $0.most = max($0.most, $0.now)
          }
          sched_yield()
          state.withLock { $0.now -= share }
          done.withLock { $0 += 1 }
        }
      }
    }
    #expect(done.withLock { $0 } == 200)
    #expect(state.withLock { $0.most } <= 100)
  }

  @Test func imagesOfAnotherSizeAreNamedWhateverTheirSize() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/9.png"] = emptyPNG(height: 4000, width: 3000)
      try writeFiles(files, to: folder)
      _ = try message { _ = try packedFile(dataset(at: folder)) }
      files["train/dog/9.png"] = try png(
        gradient(height: 7, width: 8, seed: 1), height: 7, width: 8)
      try writeFiles(files, to: folder)
      let message = try message { _ = try packedFile(dataset(at: folder)) }
      #expect(message.contains("'train/dog/9.png' is 7×8"), "\(message)")
    }
  }
}
