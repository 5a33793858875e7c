import Archives
import Basics
import SystemPackage
import TestSupport
import Testing

/// Archives on disks that fail in any call.
@Suite struct ArchiveFaultTests {
  private let content: [(name: String, bytes: [UInt8])] = [
    ("first", Array("some text".utf8)), ("empty", []),
    ("long", (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }), ("last", [1, 2, 3]),
  ]

  private func write(on files: any FileSystem) throws {
    let archive = try ArchiveWriter("a.tar", on: files)
    for (name, bytes) in content {
      try archive.add(name, size: bytes.count) { write in
        try bytes.withUnsafeBytes { try write($0) }
      }
    }
    try archive.finish()
  }

  @Test func writingEndsWithAClearErrorOrTheWholeArchive() throws {
    let whole = MemoryFileSystem()
    try write(on: whole)
    let expected = try whole.read("a.tar")
    var failures = 0
    let (calls, _) = try withEachFault { fault in
      let disk = MemoryFileSystem()
      try disk.write("old", to: "a.tar")
      let faulty = FaultyFileSystem(disk, fault)
      do {
        try write(on: faulty)
        #expect(try disk.read("a.tar") == expected, "\(fault)")
      } catch let error as DiagnosticError {
        failures += 1
        #expect(!fault.isHarmless && "\(error)".contains("'a.tar'"), "\(fault): \(error)")
        #expect(try disk.read("a.tar") == Array("old".utf8), "\(fault)")
      }
      // If nothing can be removed any more, the next process does it.
      if case .from = fault { return faulty.calls }
      #expect(try disk.names(in: "") == ["a.tar"], "\(fault)")
      return faulty.calls
    }
    #expect(calls > 10 && failures > calls)
  }

  @Test func aCrashLeavesTheOldArchiveOrTheNew() throws {
    let whole = MemoryFileSystem()
    try write(on: whole)
    let expected = try whole.read("a.tar")
    for step in 1...whole.steps {
      let disk = MemoryFileSystem()
      try disk.write("old", to: "a.tar")
      disk.setFault(.crash(at: disk.steps + step))
      try? write(on: disk)
      for losingNames in [false, true] {
        let found = try disk.afterCrash(losingNames: losingNames).read("a.tar")
        #expect(found == Array("old".utf8) || found == expected, "crash at \(step)")
      }
    }
  }

  @Test(arguments: ArchiveKind.allCases)
  func readingEndsWithAClearErrorOrTheWholeContent(kind: ArchiveKind) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("archive")
      try writeArchive(content.map { .file($0.name, $0.bytes) }, to: path, kind: kind)
      let (calls, _) = try withEachFault { fault in
        let faulty = FaultyFileSystem(LocalFileSystem(), fault)
        do {
          let reader = try ArchiveReader(path, expectation: "", on: faulty)
          var found: [String: [UInt8]] = [:]
          while let entry = try reader.next() {
            // Some are passed over.
            if entry.path != "first" { found[entry.path] = try reader.content(limit: .max) }
          }
          let expected = content.filter { $0.name != "first" }
          #expect(found == Dictionary(uniqueKeysWithValues: expected), "\(fault)")
        } catch let error as DiagnosticError {
          #expect(!fault.isHarmless, "\(fault): \(error)")
          #expect("\(error)".contains("cannot read '\(path)': "), "\(fault): \(error)")
        }
        return faulty.calls
      }
      #expect(calls > 3)
    }
  }

  @Test func longEntriesArePassedOverWithoutReadingThem() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("archive")
      let long = [UInt8](repeating: 1, count: 8 << 20)
      try writeArchive([.file("long", long), .file("b", [1])], to: path, kind: .tar)
      let counting = FaultyFileSystem(LocalFileSystem(), nil)
      let reader = try ArchiveReader(path, expectation: "", on: counting)
      var names: [String] = []
      while let entry = try reader.next() { names.append(entry.path) }
      #expect(names == ["long", "b"])
      // Eight megabytes would take 32 calls.
      #expect(counting.calls < 10)
    }
  }
}
