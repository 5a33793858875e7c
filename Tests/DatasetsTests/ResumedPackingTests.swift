import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Interrupted packing is resumed, with the same resulting file.
@Suite struct ResumedPackingTests {
  /// A folder, or an archive in its own order, of images that take several portions: the first determines the size, one is
  /// broken.
  private func source(
    _ isArchive: Bool, _ storage: DatasetDefinition.Storage, in folder: FilePath
  ) throws -> DatasetDefinition {
    var files: [String: [UInt8]] = [:]
    for label in ["a", "b"] {
      for number in 0..<1100 {
        files["\(number % 3 == 0 ? "test" : "train")/\(label)/\(number)"] = try png(
          noise(count: 12, seed: number + (label == "a" ? 0 : 2000)), height: 2, width: 2)
      }
    }
    files["train/b/broken"] = [1, 2, 3]
    let path = folder.appending("source")
    if isArchive {
      // A link gives one image two positions.
      try writeArchive(
        members(files).reversed() + [.link("train/a/again", to: "train/a/1")], to: path,
        kind: .tar)
    } else {
      try writeFiles(files, to: path)
    }
    var definition = dataset(at: path)
    definition.unreadable = .skip
    definition.storage = storage
    return definition
  }

  /// Packs until so many images are done, and returns how many are.
  @discardableResult
  private func pack(
    _ definition: DatasetDefinition, into file: FilePath, images: Int
  ) throws -> Int {
    let done = Guarded(0)
    #expect(throws: Interrupted.self) {
      // The clock advances by a second each time it is read, so all progress is reported.
      try definition.pack(
        into: file, threads: 2, time: TickingTimeSource(step: 1),
        progress: { completed, _ in done.withLock { $0 = completed } },
        unless: StopCheck { done.withLock { $0 >= images } })
    }
    return done.withLock { $0 }
  }

  private func bookmark(of file: FilePath) -> FilePath { FilePath(file.string + ".bookmark") }
  private func places(of file: FilePath) -> FilePath { FilePath(file.string + ".places") }

  @Test(arguments: [false, true], DatasetDefinition.Storage.each)
  func theFileIsTheSame(isArchive: Bool, storage: DatasetDefinition.Storage) throws {
    try withTemporaryFolder { folder in
      let definition = try source(isArchive, storage, in: folder)
      let file = folder.appending("packed")
      let summary = try definition.pack(into: file, threads: 2).summary
      let whole = try LocalFileSystem().read(file)
      let other = folder.appending("other")
      let done = try pack(definition, into: other, images: 1000)
      #expect(try LocalFileSystem().exists(bookmark(of: other)))
      let first = Guarded<Int?>(nil)
      let resumed = try definition.pack(into: other, threads: 1) { completed, _ in
        first.withLock { $0 = $0 ?? completed }
      }
      #expect(first.withLock { $0 } == done && done >= 1000)
      #expect(resumed.summary == summary)
      #expect(try LocalFileSystem().read(other) == whole)
      #expect(
        try LocalFileSystem().names(in: folder).filter { $0.hasPrefix("other") } == ["other"])
    }
  }

  @Test(arguments: DatasetDefinition.Storage.each)
  func aCrashBetweenTwoBookmarksCostsWhatCameSince(storage: DatasetDefinition.Storage) throws {
    try withTemporaryFolder { folder in
      let definition = DatasetDefinition(
        source: .shapes(seed: 0, train: 240, test: 10), storage: storage)
      let file = folder.appending("packed")
      _ = try definition.pack(into: file, threads: 2)
      let whole = try LocalFileSystem().read(file)
      let other = folder.appending("other")
      let crashed = folder.appending("crashed")
      let crash = Guarded<Int?>(nil)
      // The clock advances by a second each time it is read: a few times for each image, as a single thread writes each
      // before it decodes the next.
      _ = try definition.pack(
        into: other, threads: 1, interval: 200, time: TickingTimeSource(step: 1),
        progress: { completed, _ in
          guard completed > 1500, crash.withLock({ $0 }) == nil else { return }
          crash.withLock { $0 = completed }
          copy(other, to: crashed)
          copy(bookmark(of: other), to: bookmark(of: crashed))
          if storage != .pixels { copy(places(of: other), to: places(of: crashed)) }
        })
      let note = try #require(
        try Value(json: LocalFileSystem().read(bookmark(of: crashed)))["items"]?.asInteger)
      let atCrash = try #require(crash.withLock { $0 })
      #expect(note > 0 && note < atCrash && atCrash < 2500)
      let first = Guarded<Int?>(nil)
      _ = try definition.pack(into: crashed, threads: 2) { completed, _ in
        first.withLock { $0 = $0 ?? completed }
      }
      #expect(first.withLock { $0 } == note)
      #expect(try LocalFileSystem().read(crashed) == whole)
    }
  }

  @Test(arguments: DatasetDefinition.Storage.each)
  func whatDoesNotAgreeWithItsBookmarkIsPackedAnew(storage: DatasetDefinition.Storage) throws {
    try withTemporaryFolder { folder in
      let definition = try source(true, storage, in: folder)
      let file = folder.appending("packed")
      _ = try definition.pack(into: file, threads: 2)
      let whole = try LocalFileSystem().read(file)
      let other = folder.appending("other")
      var damages: [(FilePath) -> Void] = [
        { file in files(file) { $0[$0.count - 1] ^= 1 } },
        { file in files(file) { $0.removeLast() } },
        { file in files(file) { $0 = [] } },
        { file in files(bookmark(of: file)) { $0[20] ^= 1 } },
        { file in files(bookmark(of: file)) { $0 = Array("{}".utf8) } },
        { file in files(bookmark(of: file)) { $0.removeLast(9) } },
        { file in try? LocalFileSystem().remove(file) },
      ]
      if storage != .pixels {
        damages += [
          { file in try? LocalFileSystem().remove(places(of: file)) },
          { file in files(places(of: file)) { $0.removeLast(20) } },
          { file in files(places(of: file)) { $0[8] ^= 1 } },
          { file in files(places(of: file)) { $0[7] ^= 0xff } },
          { file in files(places(of: file)) { $0[0] ^= 1 } },
        ]
      }
      for (number, damage) in damages.enumerated() {
        try pack(definition, into: other, images: 1000)
        damage(other)
        _ = try definition.pack(into: other, threads: 2)
        #expect(try LocalFileSystem().read(other) == whole, "damage \(number)")
      }
    }
  }

  private func copy(_ path: FilePath, to target: FilePath) {
    do { try LocalFileSystem().write(try LocalFileSystem().read(path), to: target) } catch {
      Issue.record("\(error)")
    }
  }

  /// Changes a file's bytes in place.
  private func files(_ path: FilePath, _ change: (inout [UInt8]) -> Void) {
    do {
      var bytes = try LocalFileSystem().read(path)
      change(&bytes)
      try LocalFileSystem().write(bytes, to: path)
    } catch {
      Issue.record("\(error)")
    }
  }
}
