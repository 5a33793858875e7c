import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// The contract of every file system, on disk and in memory.
@Suite struct FileSystemTests {
  /// Runs a test on a folder on disk and on one in memory.
  private func onEach(_ body: (any FileSystem, FilePath) throws -> Void) throws {
    try withTemporaryFolder { try body(LocalFileSystem(), $0) }
    let memory = MemoryFileSystem()
    try memory.makeFolder("/test")
    try body(memory, "/test")
  }

  @Test func whatIsWrittenIsRead() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      for bytes in [[], Array("one".utf8), (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }] {
        try files.write(bytes, to: path)
        #expect(try files.read(path) == bytes)
        #expect(try files.status(of: path)?.size == bytes.count)
        #expect(
          try files.digest(of: path)
            == FileDigest(digest: Fingerprint(of: bytes), size: bytes.count))
      }
      #expect(try files.names(in: folder) == ["a"])
    }
  }

  /// Such as `/dev/full`, which was replaced by a file where root wrote to it.
  @Test func aPipeIsWrittenToAndNeverReplaced() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      let pipe = folder.appending("pipe")
      try #require(mkfifo(pipe.string, 0o600) == 0)
      // Both ends, so that opening it does not wait.
      let end = try FileDescriptor.open(pipe, .readWrite, options: .nonBlocking)
      try end.closeAfter {
        try files.write("text", to: pipe)
        #expect(try files.status(of: pipe)?.kind == .other)
        var bytes = [UInt8](repeating: 0, count: 10)
        let count = try bytes.withUnsafeMutableBytes { try end.read(into: $0) }
        #expect(bytes.prefix(count).elementsEqual("text".utf8))
        try files.write("text", to: folder.appending("file"))
        #expect(throws: DiagnosticError.self) {
          try files.move(folder.appending("file"), to: pipe)
        }
        #expect(try files.status(of: pipe)?.kind == .other)
      }
    }
  }

  @Test func noMoreIsReadThanIsAskedFor() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      let path = folder.appending("a")
      let bytes = Array("0123456789".utf8)
      try files.write(bytes, to: path)
      for limit in [1, 9, 10, 11] {
        #expect(try files.contents(of: path, upTo: limit) == Array(bytes.prefix(limit)))
      }
      #expect(try files.contents(of: folder.appending("none"), upTo: 1) == nil)
      // An endless device.
      #expect(try files.contents(of: "/dev/zero", upTo: 100_000)?.count == 100_000)
    }
  }

  @Test func absentEntriesAreAnAnswer() throws {
    try onEach { files, folder in
      let path = folder.appending("none").appending("file")
      #expect(try files.status(of: path) == nil)
      #expect(try !files.exists(path))
      #expect(try files.contents(of: path) == nil)
      #expect(try files.names(in: path) == [])
      try files.remove(path)
    }
  }

  @Test func errorsNameThePathAndTheReason() throws {
    try onEach { files, folder in
      let path = folder.appending("none").appending("file")
      let reason = "'\(path.string)': No such file or directory"
      #expect { try files.read(path) } throws: { "\($0)" == "error: cannot read \(reason)" }
      #expect { try files.digest(of: path) } throws: { "\($0)" == "error: cannot read \(reason)" }
      #expect { try files.write("x", to: path) } throws: {
        "\($0)" == "error: cannot write \(reason)"
      }
      #expect { try files.append([1], to: path) } throws: {
        "\($0)" == "error: cannot write \(reason)"
      }
      #expect { try files.read(folder) } throws: { "\($0)".hasSuffix(": Is a directory") }
    }
  }

  @Test func fileIsCreatedOnceAndWhole() throws {
    try onEach { files, folder in
      let path = folder.appending("claim")
      #expect(try files.create(Array("first".utf8), at: path))
      #expect(try !files.create(Array("second".utf8), at: path))
      #expect(try files.read(path) == Array("first".utf8))
      #expect(try files.names(in: folder) == ["claim"])
      try files.remove(path)
      #expect(try files.create([], at: path))
      #expect(throws: DiagnosticError.self) {
        try files.create([], at: folder.appending("none").appending("file"))
      }
    }
  }

  @Test func touchedFileIsNewer() throws {
    try onEach { files, folder in
      let path = folder.appending("a")
      try files.touch(path)
      #expect(try !files.exists(path))
      try files.write("x", to: path)
      let before = try #require(try files.status(of: path))
      // A file system may count time in steps of several milliseconds.
      var after = before
      for _ in 0..<1_000_000 where after.modified == before.modified {
        try files.touch(path)
        after = try #require(try files.status(of: path))
      }
      #expect(after.modified > before.modified)
      #expect(after.inode == before.inode && after.size == before.size)
    }
  }

  @Test func foldersAreMadeWithThoseAbove() throws {
    try onEach { files, folder in
      let deep = folder.appending("a").appending("b").appending("c")
      try files.makeFolder(deep)
      try files.makeFolder(deep)
      #expect(try files.status(of: deep)?.kind == .folder)
      #expect(try files.names(in: folder) == ["a"])
    }
  }

  @Test func aFileIsNoFolder() throws {
    try onEach { files, folder in
      let path = folder.appending("file")
      try files.write("x", to: path)
      #expect { try files.makeFolder(path) } throws: {
        "\($0)" == "error: cannot create folder '\(path.string)': File exists"
      }
    }
  }

  @Test func namesAreSortedByTheirBytes() throws {
    try onEach { files, folder in
      for name in ["b", "a", "é", "Z", ".hidden"] {
        try files.write("", to: folder.appending(name))
      }
      #expect(try files.names(in: folder) == [".hidden", "Z", "a", "b", "é"])
    }
  }

  @Test func appendingKeepsWhatWasThere() throws {
    try onEach { files, folder in
      let path = folder.appending("log")
      try files.append(Array("one ".utf8), to: path)
      try files.append(Array("two".utf8), to: path)
      #expect(try files.read(path) == Array("one two".utf8))
    }
  }

  @Test func movingReplaces() throws {
    try onEach { files, folder in
      let old = folder.appending("old")
      let new = folder.appending("new")
      try files.write("1", to: old)
      try files.write("2", to: new)
      try files.move(old, to: new)
      #expect(try files.read(new) == Array("1".utf8))
      #expect(try files.names(in: folder) == ["new"])
    }
  }

  @Test func removingTakesAllBelow() throws {
    try onEach { files, folder in
      let inner = folder.appending("a").appending("b")
      try files.makeFolder(inner)
      try files.write("x", to: inner.appending("file"))
      try files.seal(inner.appending("file"))
      try files.write("x", to: folder.appending("ab"))
      try files.remove(folder.appending("a"))
      #expect(try files.names(in: folder) == ["ab"])
    }
  }

  @Test func severalFilesAreSealedWhateverFails() throws {
    try onEach { files, folder in
      let paths = (0..<40).map { folder.appending("\($0)") }
      for path in paths where path != paths[7] { try files.draft([1, 2], at: path) }
      let errors = files.seal(paths)
      #expect(Array(errors.keys) == [paths[7]])
      #expect(files.seal([]).isEmpty)
    }
  }

  @Test func severalFoldersAreMadeAndSynchronized() throws {
    try onEach { files, folder in
      let made = ["a/b", "a/c", "a/b/d", "e"].map { folder.appending($0) }
      try files.makeFolders(made)
      for path in made { #expect(try files.status(of: path)?.kind == .folder) }
      try files.synchronizeNames(in: made + [folder.appending("none")])
      try files.write("x", to: folder.appending("file"))
      #expect(throws: DiagnosticError.self) {
        try files.makeFolders([folder.appending("f"), folder.appending("file/g")])
      }
    }
  }

  @Test func aNameIsTakenOnce() throws {
    try onEach { files, folder in
      let (first, second) = (folder.appending("first"), folder.appending("second"))
      let name = folder.appending("name")
      try files.write("1", to: first)
      try files.write("2", to: second)
      #expect(try files.offer(first, as: name) == .accepted)
      #expect(try files.offer(second, as: name) == .taken)
      #expect(try files.read(name) == Array("1".utf8))
      #expect(try files.offer(folder.appending("none"), as: folder.appending("other")) == .gone)
      // The file goes on under its first name.
      try files.remove(name)
      #expect(try files.offer(first, as: name) == .accepted)
      try files.remove(first)
      #expect(try files.read(name) == Array("1".utf8))
    }
  }

  @Test func onlyWhatExistsIsChanged() throws {
    try onEach { files, folder in
      let path = folder.appending("file")
      #expect(throws: DiagnosticError.self) { try files.open(path, for: .changing) }
      #expect(try !files.exists(path))
      try files.append(Array("abc".utf8), to: path)
      let file = try files.open(path, for: .changing)
      try file.write(Array("x".utf8), at: 1)
      try file.close()
      #expect(try files.read(path) == Array("axc".utf8))
    }
  }

  @Test func changedContentChangesTheStatus() throws {
    try onEach { files, folder in
      let path = folder.appending("file")
      try files.write("1", to: path)
      let before = try files.status(of: path)
      try files.write("2", to: path)
      #expect(try files.status(of: path) != before)
    }
  }
}

@Suite struct LocalFileSystemTests {
  @Test func aFullDiskIsNamed() {
    #expect { try LocalFileSystem().append([1], to: "/dev/full") } throws: {
      "\($0)" == """
        error: cannot write '/dev/full': No space left on device
          note: free some space, or name a path on another disk (for the store: --store)
        """
    }
  }

  @Test func aFailedWriteLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending("target")
      try LocalFileSystem().makeFolder(target.appending("inner"))
      // A file cannot replace a folder: the last step fails.
      #expect(throws: DiagnosticError.self) { try LocalFileSystem().write("x", to: target) }
      #expect(try LocalFileSystem().names(in: folder) == ["target"])
    }
  }

  @Test func sealedFilesCannotBeWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("object")
      try LocalFileSystem().write("x", to: path)
      try LocalFileSystem().seal(path)
      let permissions = try #require(try permissions(of: path))
      #expect(permissions.isDisjoint(with: [.ownerWrite, .groupWrite, .otherWrite]))
      #expect(permissions.contains(.ownerRead))
    }
  }

  @Test func linksAreSeenByThoseWhoAsk() throws {
    try withTemporaryFolder { folder in
      let link = folder.appending("link")
      try LocalFileSystem().write("x", to: folder.appending("file"))
      try makeLink(link, to: "file")
      #expect(try LocalFileSystem().status(of: link)?.kind == .file)
      #expect(try LocalFileSystem().status(of: link, followingLinks: false)?.kind == .link)
      try LocalFileSystem().remove(link)
      #expect(try LocalFileSystem().names(in: folder) == ["file"])
    }
  }

  @Test func removingDoesNotFollowLinks() throws {
    try withTemporaryFolder { folder in
      let kept = folder.appending("kept")
      try LocalFileSystem().makeFolder(kept)
      try LocalFileSystem().write("x", to: kept.appending("file"))
      try LocalFileSystem().makeFolder(folder.appending("gone"))
      try makeLink(folder.appending("gone").appending("link"), to: "../kept")
      try LocalFileSystem().remove(folder.appending("gone"))
      #expect(try LocalFileSystem().names(in: kept) == ["file"])
    }
  }

  @Test func filesThatDoNotTellTheirSizeAreRead() throws {
    #expect(try !LocalFileSystem().read("/proc/self/status").isEmpty)
  }

  @Test func aDigestIsGivenUpAfterThePieceInWhichItIsAskedTo() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("large")
      try LocalFileSystem().write([UInt8](repeating: 1, count: (4 << 20) + 1), to: path)
      #expect(try LocalFileSystem().digest(of: path, unless: Countdown(1).check) == nil)
      #expect(try LocalFileSystem().digest(of: path, unless: Countdown(5).check) == nil)
      #expect(
        try LocalFileSystem().digest(of: path, unless: Countdown(6).check)
          == LocalFileSystem().digest(of: path))
    }
  }

  @Test func digestOfAFileLargerThanTheBuffer() throws {
    try withTemporaryFolder { folder in
      let bytes = (0..<(2 << 20) + 7).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try LocalFileSystem().write(bytes, to: folder.appending("large"))
      #expect(
        try LocalFileSystem().digest(of: folder.appending("large"))
          == FileDigest(digest: Fingerprint(of: bytes), size: bytes.count))
    }
  }
}

@Suite struct SystemTimeSourceTests {
  @Test func timeIsOfThisMillenniumAndDoesNotStandStill() {
    let clock = SystemTimeSource()
    let first = clock.now
    #expect(first > 1_700_000_000)
    var later = clock.now
    while later == first { later = clock.now }
    #expect(later != first)
  }
}
