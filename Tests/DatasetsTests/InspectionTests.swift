import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct InspectionTests {
  /// A summary that no inspection returns.
  private func forged(_ summary: DatasetSummary) -> DatasetSummary {
    var summary = summary
    summary.classes = ["forged"]
    return summary
  }

  private func inspect(
    _ path: FilePath, known: (stamp: SourceStamp, summary: DatasetSummary)? = nil,
    time: any TimeSource = SystemTimeSource()
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    try dataset(at: path).inspect(known: known, time: time)
  }

  /// A clock by which no file of these tests was changed recently.
  private let later = TickingTimeSource(start: 1e11)

  /// A small dataset as a folder or an archive, and one of its files to be changed.
  private func withSource(
    isFolder: Bool, _ body: (_ path: FilePath, _ file: FilePath) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("photos")
      if isFolder {
        try writeFiles(try smallDataset(), to: path)
      } else {
        try writeArchive(members(try smallDataset()), to: path, kind: .tar)
      }
      try body(path, isFolder ? path.pushing("test/dog/4.png") : path)
    }
  }

  @Test(arguments: ArchiveKind.allCases)
  func anArchivesDigestIsThatOfItsBytes(kind: ArchiveKind) throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos")
      try writeArchive(members(try smallDataset()), to: archive, kind: kind)
      let summary = try inspect(archive).summary
      #expect(summary.digest == Fingerprint(of: try LocalFileSystem().read(archive)))
      #expect(summary.classes == ["cat", "dog"])
      #expect(summary.trainCounts == [3, 3] && summary.testCounts == [2, 2])
    }
  }

  @Test(arguments: [ArchiveKind.tar, .compressedTar, .zip])
  func readingAnArchiveIsGivenUpWhenAsked(kind: ArchiveKind) throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos")
      var files = try smallDataset()
      files["note"] = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
      try writeArchive(members(files), to: archive, kind: kind)
      // Between the entries, and between the pieces of the digest, as often as necessary.
      var asked = 1
      while true {
        let stop = Countdown(asked)
        guard (try? dataset(at: archive).inspect(known: nil, unless: stop.check)) == nil else {
          break
        }
        #expect(throws: Interrupted.self) {
          try dataset(at: archive).inspect(known: nil, unless: Countdown(asked).check)
        }
        asked += 1
      }
      #expect(asked > files.count)
    }
  }

  @Test func readingAFolderIsGivenUpWhenAsked() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      for asked in 1...5 {
        #expect(throws: Interrupted.self) {
          try dataset(at: folder).inspect(known: nil, unless: Countdown(asked).check)
        }
      }
    }
  }

  @Test func aFoldersDigestIsThatOfPathsAndContents() throws {
    try withTemporaryFolder { folder in
      let files = try smallDataset()
      func digest(_ name: String, _ change: (inout [String: [UInt8]]) -> Void) throws -> Fingerprint
      {
        var files = files
        change(&files)
        try writeFiles(files, to: folder.appending(name))
        return try inspect(folder.appending(name)).summary.digest
      }
      let original = try digest("original") { _ in }
      #expect(try digest("elsewhere") { _ in } == original)
      #expect(try digest("note") { $0["README.md"] = [1] } == original)
      #expect(try digest("hidden") { $0["train/cat/.x"] = [1] } == original)
      #expect(try digest("content") { $0["train/cat/0.png"]?.append(0) } != original)
      #expect(try digest("more") { $0["train/cat/9.png"] = [1] } != original)
      #expect(
        try digest("renamed") { $0["train/cat/9.png"] = $0.removeValue(forKey: "train/cat/0.png") }
          != original)
    }
  }

  @Test(arguments: [true, false]) func anUnchangedSourceIsNotReadAgain(isFolder: Bool) throws {
    try withSource(isFolder: isFolder) { path, _ in
      let first = try inspect(path, time: later)
      let again = try inspect(path, known: (first.stamp, forged(first.summary)))
      #expect(again.stamp == first.stamp)
      #expect(again.summary.classes == ["forged"])
    }
  }

  @Test(arguments: [true, false]) func aTouchedSourceIsReadAgain(isFolder: Bool) throws {
    try withSource(isFolder: isFolder) { path, file in
      let first = try inspect(path, time: later)
      var times = [timespec(tv_sec: 1_000, tv_nsec: 1), timespec(tv_sec: 1_000, tv_nsec: 1)]
      #expect(utimensat(AT_FDCWD, file.string, &times, 0) == 0)
      let again = try inspect(path, known: (first.stamp, forged(first.summary)))
      #expect(again.stamp != first.stamp)
      #expect(again.summary == first.summary)
    }
  }

  @Test(arguments: [true, false])
  func aChangeThatKeepsSizeAndTimeOfModificationIsFound(isFolder: Bool) throws {
    try withSource(isFolder: isFolder) { path, file in
      let first = try inspect(path, time: later)
      let before = try #require(try LocalFileSystem().status(of: file))
      // The kernel's clock for files advances in ticks.
      while try LocalFileSystem().status(of: file)?.changed == before.changed {
        try changeInPlace(file)
      }
      let after = try #require(try LocalFileSystem().status(of: file))
      #expect(after.size == before.size && after.modified == before.modified)
      #expect(after.inode == before.inode)
      // Only images are content, and the bytes of an archive.
      let again = try inspect(path, known: (first.stamp, forged(first.summary)))
      #expect(!again.stamp.looks(like: first.stamp))
      #expect(again.summary.classes == ["cat", "dog"])
    }
  }

  @Test(arguments: [true, false])
  func aSourceThatWasChangedJustBeforeIsReadAgain(isFolder: Bool) throws {
    try withSource(isFolder: isFolder) { path, _ in
      // Another change in the same tick of the clock would not be visible.
      let first = try inspect(path)
      let again = try inspect(path, known: (first.stamp, forged(first.summary)), time: later)
      #expect(again.stamp.looks(like: first.stamp) && again.stamp != first.stamp)
      #expect(again.summary == first.summary)
      // From then on, the stamp is reliable.
      let third = try inspect(path, known: (again.stamp, forged(first.summary)))
      #expect(third.summary.classes == ["forged"])
      // A time in the future is not reliable.
      let early = try inspect(path, time: TickingTimeSource())
      let fourth = try inspect(path, known: (early.stamp, forged(first.summary)), time: later)
      #expect(fourth.summary == first.summary)
    }
  }

  @Test func addedAndReplacedFilesChangeTheStamp() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      var last = try inspect(folder)
      let changes: [[String: [UInt8]]] = [
        ["train/cat/new.png": [1]], ["train/cat/new.png": [2]],
        ["train/emu/0": [1], "test/emu/0": [1]],
      ]
      for change in changes {
        try writeFiles(change, to: folder)
        let next = try inspect(folder, known: last)
        #expect(next.stamp != last.stamp)
        #expect(next.summary.digest != last.summary.digest)
        last = next
      }
    }
  }

  @Test func theBuiltInImagesAreKnownByTheirSettings() throws {
    func inspect(seed: UInt64, train: Int, test: Int) throws -> DatasetSummary {
      try DatasetDefinition(source: .shapes(seed: seed, train: train, test: test))
        .inspect(known: nil).summary
    }
    let summary = try inspect(seed: 1, train: 5, test: 2)
    #expect(summary == (try inspect(seed: 1, train: 5, test: 2)))
    #expect(summary.classes.count == 10 && summary.classes == summary.classes.sorted())
    #expect(summary.trainCounts == Array(repeating: 5, count: 10))
    #expect(summary.testCounts == Array(repeating: 2, count: 10))
    let others = try [
      inspect(seed: 2, train: 5, test: 2), inspect(seed: 1, train: 6, test: 2),
      inspect(seed: 1, train: 5, test: 3), inspect(seed: 1 << 63, train: 5, test: 2),
    ]
    #expect(Set((others + [summary]).map(\.digest)).count == 5)
  }

  @Test func whatIsPackedHasTheClassesThatWereInspected() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      let summary = try inspect(folder).summary
      let packed = try packedFile(dataset(at: folder)).summary
      #expect(summary.classes == packed.classes)
      #expect(summary.trainCounts == packed.trainCounts)
      #expect(summary.testCounts == packed.testCounts)
    }
  }

  @Test func stampsAndSummariesCanBeStored() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      var (stamp, summary) = try inspect(folder)
      #expect(SourceStamp(try Value(json: stamp.value.json())) == stamp)
      // The list of files is stored on its own.
      #expect(summary.files?.count == 10)
      summary.files = nil
      #expect(DatasetSummary(try Value(json: summary.value.json())) == summary)
    }
  }

  @Test(arguments: ["digest", "classes", "train", "test"])
  func otherValuesAreNoSummary(key: String) throws {
    let (_, summary) = try DatasetDefinition(source: .shapes(seed: 0, train: 1, test: 1))
      .inspect(known: nil)
    var entries = try #require(summary.value.asMap)
    for wrong: Value in [.null, 1, "x", [true], ["a", 2]] {
      entries[key] = wrong
      #expect(DatasetSummary(.map(entries)) == nil)
    }
    entries[key] = nil
    #expect(DatasetSummary(.map(entries)) == nil)
    #expect(SourceStamp("no stamp") == nil && SourceStamp(1) == nil)
  }
}
