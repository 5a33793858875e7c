import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Packed images and activations on disks that fail in any call, and in crashes at any instant.
@Suite struct WriterFaultTests {
  private let file: FilePath = "images.packed"
  private let shape = Shape(channels: 2, height: 1, width: 3)

  /// A folder of images one of which cannot be read, which leaves a gap.
  private func withImages(
    _ storage: DatasetDefinition.Storage = .pixels, _ body: (DatasetDefinition) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/cat/1.png"] = [1, 2, 3]
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      definition.storage = storage
      try body(definition)
    }
  }

  /// Packs with a bookmark after every round.
  private func pack(_ definition: DatasetDefinition, on files: any FileSystem) throws {
    _ = try definition.pack(into: file, threads: 1, interval: 0, on: files)
  }

  /// Writes five images' activations with a bookmark after each, or what an earlier writer has left of them.
  private func activate(on files: any FileSystem) throws {
    let writer = try ActivationFileWriter(file, images: 5, shape: shape, interval: 0, on: files)
    for image in writer.written..<5 {
      try writer.append((0..<shape.count).map { Float(image * shape.count + $0) })
    }
    try writer.finish()
  }

  /// A disk that has lost the bookmark of unfinished work, which is done again from its start.
  @Test func workWhoseBookmarkCannotBeReadStartsOver() throws {
    let bookmark = FilePath("\(file).bookmark")
    try withImages { definition in
      let whole = MemoryFileSystem()
      try pack(definition, on: whole)
      var disk = MemoryFileSystem()
      for asked in 1..<100 {
        disk = MemoryFileSystem()
        _ = try? definition.pack(
          into: file, threads: 1, interval: 0, on: disk, unless: Countdown(asked).check)
        if try disk.exists(bookmark) { break }
      }
      try #require(try disk.exists(bookmark))
      disk.lose(.content, of: bookmark)
      try pack(definition, on: disk)
      #expect(disk.files == whole.files)
    }
    let whole = MemoryFileSystem()
    try activate(on: whole)
    let disk = MemoryFileSystem()
    let writer = try ActivationFileWriter(file, images: 5, shape: shape, interval: 0, on: disk)
    try writer.append((0..<shape.count).map { Float($0) })
    #expect(try disk.exists(bookmark))
    disk.lose(.content, of: bookmark)
    try activate(on: disk)
    #expect(disk.files == whole.files)
  }

  /// Does some work with every fault, and again on a disk that works.
  private func tryFaults(_ work: (any FileSystem) throws -> Void) throws {
    let whole = MemoryFileSystem()
    try work(whole)
    let expected = try whole.read(file)
    #expect(whole.files.count == 1)
    var failures = 0
    let (calls, faults) = try withEachFault { fault in
      let disk = MemoryFileSystem()
      let faulty = FaultyFileSystem(disk, fault)
      do {
        try work(faulty)
        #expect(try disk.read(file) == expected, "\(fault)")
      } catch let error as DiagnosticError {
        failures += 1
        #expect(!fault.isHarmless, "\(fault): \(error)")
        #expect("\(error)".contains("'\(file)"), "\(fault): \(error)")
        #expect(error.systemReason != nil, "\(fault): \(error)")
        try work(disk)
        #expect(try disk.read(file) == expected, "again after \(fault)")
      }
      #expect(try disk.names(in: "") == [file.string], "\(fault)")
      return faulty.calls
    }
    #expect(calls > 10 && failures > calls, "\(faults) faults, \(failures) failures")
  }

  /// Stops at every step, and goes on with what is on disk.
  private func tryCrashes(_ work: (any FileSystem) throws -> Void) throws {
    let whole = MemoryFileSystem()
    try work(whole)
    let expected = try whole.read(file)
    for step in 1...whole.steps {
      let disk = MemoryFileSystem()
      disk.setFault(.crash(at: step))
      try? work(disk)
      for losingNames in [false, true] {
        let after = disk.afterCrash(losingNames: losingNames)
        try work(after)
        #expect(try after.read(file) == expected, "crash at \(step), \(losingNames)")
      }
    }
    #expect(whole.steps > 10)
  }

  @Test(arguments: DatasetDefinition.Storage.each)
  func packingEndsWithAClearErrorOrTheRightImages(storage: DatasetDefinition.Storage) throws {
    try withImages(storage) { definition in
      try tryFaults { try pack(definition, on: $0) }
      try tryCrashes { try pack(definition, on: $0) }
    }
  }

  @Test func activationsEndWithAClearErrorOrTheRightValues() throws {
    try tryFaults { try activate(on: $0) }
    try tryCrashes { try activate(on: $0) }
  }

  @Test func mappedFilesAreReadOrTheirErrorsTold() throws {
    let disk = MemoryFileSystem()
    try activate(on: disk)
    try withImages { definition in
      _ = try definition.pack(into: "packed", threads: 1, on: disk)
    }
    let (calls, _) = try withEachFault { fault in
      let faulty = FaultyFileSystem(disk, fault)
      do {
        let activations = try #require(
          try ActivationFile(file, images: 5, shape: shape, on: faulty))
        #expect(try activations.isWhole())
        #expect(try PackedDataset("packed", on: faulty).count == 9)
      } catch let error as DiagnosticError {
        #expect(!fault.isHarmless && error.systemReason != nil, "\(fault): \(error)")
      }
      return faulty.calls
    }
    #expect(calls == 8)
  }
}
