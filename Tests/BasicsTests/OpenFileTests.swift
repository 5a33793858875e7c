import Basics
import SystemPackage
import TestSupport
import Testing

/// Files that are read and written at offsets, on disk and in memory.
@Suite struct OpenFileTests {
  private func onEach(_ body: (any FileSystem, FilePath) throws -> Void) throws {
    try withTemporaryFolder { try body(LocalFileSystem(), $0) }
    let memory = MemoryFileSystem()
    try memory.makeFolder("/test")
    try body(memory, "/test")
  }

  @Test func whatIsWrittenIsReadAtAnyOffset() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      let file = try files.open(path, for: .writing)
      try file.write([1, 2, 3], at: 2)
      #expect(try file.size() == 5)
      #expect(try file.bytes(in: 0..<9) == [0, 0, 1, 2, 3])
      #expect(try file.bytes(in: 3..<4) == [2])
      #expect(try file.bytes(in: 7..<9) == [])
      try file.write([], at: 9)
      try file.resize(to: 4)
      try file.resize(to: 6)
      try file.synchronize()
      try file.close()
      #expect(try files.read(path) == [0, 0, 1, 2, 0, 0])
      // Opening for writing keeps what is there.
      try files.open(path, for: .writing).write([9], at: 0)
      #expect(try files.read(path) == [9, 0, 1, 2, 0, 0])
      try files.open(path, for: .replacing).close()
      #expect(try files.read(path) == [])
    }
  }

  @Test func aFileIsCreatedOnce() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      try files.open(path, for: .creating).write([1], at: 0)
      #expect { try files.open(path, for: .creating) } throws: {
        "\($0)" == "error: cannot create '\(path)': File exists"
      }
      #expect(try files.read(path) == [1])
      #expect { try files.open(folder.appending("none").appending("a"), for: .replacing) } throws: {
        "\($0)".contains("cannot create") && "\($0)".contains("No such file or directory")
      }
      #expect { try files.open(folder.appending("b"), for: .reading) } throws: {
        "\($0)".contains("cannot read") && "\($0)".contains("No such file or directory")
      }
    }
  }

  @Test func filesAreMappedWhole() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      try files.write([1, 2, 3], to: path)
      let mapped = try files.map(path)
      // The content stays as long as it is used.
      try files.remove(path)
      withExtendedLifetime(mapped) { #expect(Array($0.bytes) == [1, 2, 3]) }
      try files.write([], to: path)
      #expect(try files.map(path).bytes.isEmpty)
      #expect { try files.map(folder) } throws: { "\($0)".contains("Is a directory") }
    }
    #expect { try LocalFileSystem().map("/dev/null") } throws: {
      "\($0)" == "error: cannot read '/dev/null': it is not a file"
    }
  }

  @Test func anOpenFileKeepsItsContentWhateverItsName() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      let file = try files.open(path, for: .creating)
      try file.write([1], at: 0)
      try files.move(path, to: folder.appending("b"))
      try file.write([2], at: 1)
      #expect(try files.read(folder.appending("b")) == [1, 2])
      #expect(try !files.exists(path))
    }
  }

  @Test func secondNamesAreForTheSameFile() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      try files.write([1], to: folder.appending("a"))
      let isLinked = try files.link(folder.appending("a"), to: folder.appending("b"))
      #expect(isLinked)
      let inodes = try ["a", "b"].map { try files.status(of: folder.appending($0))?.inode }
      #expect(inodes[0] == inodes[1])
      #expect { try files.link(folder.appending("a"), to: folder.appending("b")) } throws: {
        "\($0)".contains("File exists")
      }
    }
  }

  /// Writes, reads and maps a file; each call fails once, is interrupted, or does half of its work.
  @Test func interruptedAndPartialCallsAreCompletedAndOthersTold() throws {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    let (calls, faults) = try withEachFault { fault in
      let disk = FaultyFileSystem(MemoryFileSystem(), fault)
      do {
        let file = try disk.open("a", for: .replacing)
        try file.write(Array(bytes[..<500]), at: 0)
        try file.write(Array(bytes[500...]), at: 500)
        try file.resize(to: bytes.count)
        try file.synchronize()
        #expect(try file.bytes(in: 0..<2000) == bytes)
        try file.close()
        let mapped = try disk.map("a")
        withExtendedLifetime(mapped) { #expect(Array($0.bytes) == bytes) }
      } catch let error as DiagnosticError {
        #expect(!fault.isHarmless, "\(fault): \(error)")
        let names = [
          "cannot create 'a': ", "cannot write 'a': ", "cannot read 'a': ", "cannot map 'a': ",
        ]
        #expect(names.contains { "\(error)".contains($0) }, "\(fault): \(error)")
      }
      return disk.calls
    }
    // Opening, writing twice, resizing, synchronizing, reading to the end in two calls, closing; opening again, the
    // status, mapping, closing.
    #expect(calls == 12 && faults > 60)
  }

  /// A crash loses what was written in place since the last synchronization.
  @Test func unsynchronizedContentIsLostInACrash() throws {
    let disk = MemoryFileSystem()
    try disk.makeFolder("folder")
    let path: FilePath = "folder/a"
    let file = try disk.open(path, for: .creating)
    try file.write([1, 2, 3, 4], at: 0)
    #expect(try disk.afterCrash().read(path) == [1, 2])
    #expect(try !disk.afterCrash(losingNames: true).exists(path))
    try file.synchronize()
    try disk.synchronizeNames(in: "folder")
    try file.write([9], at: 0)
    try file.resize(to: 2)
    #expect(try disk.afterCrash().read(path) == [9])
    #expect(try disk.afterCrash(losingNames: true).read(path) == [1, 2, 3, 4])
    // Renames and removals, too.
    try file.synchronize()
    try disk.remove(path)
    #expect(try disk.afterCrash(losingNames: true).read(path) == [9, 2])
  }

  /// A file that comes in pieces is there as a whole or not at all, whatever fails.
  @Test func piecesReplaceAFileAtOnce() throws {
    let (calls, _) = try withEachFault { fault in
      let disk = MemoryFileSystem()
      try disk.makeFolder("d")
      try disk.write("old", to: "d/f")
      let faulty = FaultyFileSystem(disk, fault)
      var isWritten = true
      do {
        try faulty.write(to: "d/f") { put in
          for piece in ["n", "", "ew"] { try put(Array(piece.utf8)) }
        }
      } catch {
        isWritten = false
        #expect(!fault.isHarmless)
        #expect("\(error)".contains("'d/f'"), "\(error)")
      }
      let content = String(decoding: try disk.read("d/f"), as: UTF8.self)
      #expect(content == "new" || !isWritten && content == "old")
      let whole = disk.afterCrash(losingNames: true)
      #expect(["old", "new"].contains(String(decoding: try whole.read("d/f"), as: UTF8.self)))
      return faulty.calls
    }
    #expect(calls >= 5)
  }
}
