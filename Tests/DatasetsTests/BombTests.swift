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
    let file = try progressiveJPEG(noise(count: 24 * 40 * 3, seed: 9), height: 24, width: 40)
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
      let scans = 100 + file.indices.dropLast().count { file[$0] == 0xff && file[$0 + 1] == 0xda }
      #expect(message.contains("its \(scans) scans are more than any image needs"), "\(message)")
    }
  }

  /// Hundreds of images that take a second each may be in memory.
  @Test func decodingStopsBetweenTwoImagesAndKeepsThoseBefore() throws {
    try withTemporaryFolder { folder in
      try writeFiles(smallDataset(), to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = DatasetDefinition.Size(height: 6, width: 8)
      let file = folder.appending("packed")
      let whole = try packedFile(definition).bytes
      // All images are in memory.
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
      // Once the last of ten is taken, there is nothing to interrupt.
      #expect(kept.isSuperset(of: 1...9))
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

  // MARK: - Names

  private func expectRefusal(
    _ members: [ArchiveMember], _ words: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("d.tar.gz")
      try writeArchive(members, to: path, kind: .compressedTar)
      let start = ContinuousClock.now
      let message = try message { _ = try dataset(at: path).inspect(known: nil) }
      #expect(message.contains(words), "\(message.prefix(500))", sourceLocation: location)
      // What took the square of something took minutes.
      #expect(ContinuousClock.now - start < .seconds(30), sourceLocation: location)
    }
  }

  @Test func pathsLongerOrDeeperThanAnySystemHasAreRefused() throws {
    let usual = try members(smallDataset())
    try expectRefusal(
      usual + [.file("train/dog/" + String(repeating: "x", count: 4096), [])], "has 4106 bytes")
    try expectRefusal(
      usual + [.file(String(repeating: "d/", count: 64) + "x", [])],
      "is nested too deeply: more than 64 levels")
  }

  @Test func namesThatTakeFarMoreThanTheArchiveAreRefused() throws {
    let name = "train/dog/" + String(repeating: "x", count: 3_980)
    try expectRefusal(
      members(smallDataset()) + (0..<9_000).map { .folder("\(name)\($0)") },
      "the names in archive")
  }

  @Test func longTargetsOfLinksTakeLinearTime() throws {
    let target = String(repeating: "a/", count: 2040) + "x"
    try expectRefusal(
      members(smallDataset())
        + (0..<1_000).map { .symbolicLink("train/dog/link-\($0).png", to: target) },
      "which is not a file in it (and 999 more like it)")
  }

  @Test func onlyTheFirstOfManyClassesWithoutImagesAreListed() throws {
    try expectRefusal(
      members(smallDataset()) + (0..<1_000).map { .folder("train/\($0)") },
      "1000 classes lack images; the first 20 are listed")
  }

  /// Sorting the names of millions of images takes as long as reading them.
  @Test func sortingNamesCanBeInterrupted() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("d.tar")
      let empty = (0..<500).map { ArchiveMember.folder("train/dog/\($0)") }
      try writeArchive(members(smallDataset()) + empty, to: path, kind: .tar)
      let asked = Guarded(0)
      let count = StopCheck {
        asked.withLock { $0 += 1 }
        return false
      }
      _ = try dataset(at: path).inspect(known: nil, unless: count)
      // For each while it is read, while subsets are sought, and while classes are.
      let all = asked.withLock { $0 }
      #expect(all > 1_500)
      for place in [all / 2, all * 3 / 4, all - 5] {
        #expect(throws: Interrupted.self) {
          _ = try dataset(at: path).inspect(known: nil, unless: Countdown(place).check)
        }
      }
    }
  }

  // MARK: - Images

  /// The largest take seconds.
  @Test(arguments: ["png", "jpeg"]) func anImageIsInterruptedWhileItIsDecoded(kind: String) throws {
    let (height, width) = (1200, 1000)
    // Hardly compresses, so that libpng needs many bytes.
    let tile = noise(count: 40_000, seed: 4)
    let pixels = (0..<height * width * 3 / tile.count).flatMap { _ in tile }
    let large =
      try kind == "png"
      ? png(pixels, height: height, width: width) : jpeg(pixels, height: height, width: width)
    try withTemporaryFolder { folder in
      let small = try png(gradient(height: 8, width: 8), height: 8, width: 8)
      try writeFiles(
        ["train/a/x": large, "test/a/x": small], to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.size = .init(height: 6, width: 8)
      let file = folder.appending("packed")
      let asked = Guarded(0)
      _ = try definition.pack(
        into: file, threads: 1,
        unless: StopCheck {
          asked.withLock { $0 += 1 }
          return false
        })
      let whole = try LocalFileSystem().read(file)
      let all = asked.withLock { $0 }
      // Without the image, a few.
      #expect(all > (kind == "png" ? 70 : 30))
      try LocalFileSystem().remove(file)
      #expect(throws: Interrupted.self) {
        _ = try definition.pack(into: file, threads: 1, unless: Countdown(all / 2).check)
      }
      _ = try definition.pack(into: file, threads: 1)
      #expect(try LocalFileSystem().read(file) == whole)
    }
  }
}
