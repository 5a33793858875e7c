import Archives
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct ArchiveWriterTests {
  private let files = LocalFileSystem()
  private let content: [(String, [UInt8])] = [
    ("first", Array("some text".utf8)), ("empty", []),
    ("\(String(repeating: "folder/", count: 40))long", [1, 2, 3]),
    ("größe", [UInt8](repeating: 7, count: 100_000)),
  ]

  private func write(_ path: FilePath, finishing: Bool = true) throws {
    let archive = try ArchiveWriter(path)
    for (name, bytes) in content {
      try archive.add(name, size: bytes.count) { write in
        // In two pieces.
        let middle = bytes.count / 2
        try bytes[..<middle].withUnsafeBytes { try write($0) }
        try bytes[middle...].withUnsafeBytes { try write($0) }
      }
    }
    if finishing { try archive.finish() }
  }

  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("a.tar")
      try write(path)
      let reader = try ArchiveReader(path, formats: .tar, expectation: "")
      for (name, bytes) in content {
        let entry = try #require(try reader.next())
        #expect(entry.path == name)
        var found: [UInt8] = []
        try reader.read { found.append(contentsOf: $0) }
        #expect(found == bytes)
      }
      #expect(try reader.next() == nil)
      #expect(try files.names(in: folder) == ["a.tar"])
    }
  }

  @Test func theSameFilesMakeTheSameBytes() throws {
    try withTemporaryFolder { folder in
      try write(folder.appending("a.tar"))
      try write(folder.appending("b.tar"))
      #expect(
        try files.read(folder.appending("a.tar")) == files.read(folder.appending("b.tar")))
    }
  }

  @Test func anArchiveThatIsNotFinishedLeavesWhatWasThere() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("a.tar")
      try files.write("old", to: path)
      try write(path, finishing: false)
      #expect(try files.names(in: folder) == ["a.tar"])
      #expect(try files.read(path) == Array("old".utf8))
      #expect(throws: DiagnosticError.self) { try ArchiveWriter(folder.appending("x/a.tar")) }
    }
  }

  @Test func readingEndsBetweenEntriesAndPiecesWhereAskedTo() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("a.tar")
      try write(path)
      let asked = Countdown(4)
      let reader = try ArchiveReader(path, expectation: "", stop: asked.check)
      #expect(throws: Interrupted.self) {
        while try reader.next() != nil { try reader.read { _ in } }
      }
    }
  }
}
