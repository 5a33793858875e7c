import Archives
import Basics
import SystemPackage
import TestSupport
import Testing

/// Archives that unpack to far more than their own size.
@Suite struct ArchiveGrowthTests {
  private func withArchive(
    _ kind: ArchiveKind, _ body: (_ open: (Int, StopCheck) throws -> ArchiveReader) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("archive")
      let zeros = [UInt8](repeating: 0, count: 4 << 20)
      try writeArchive([.file("a", zeros), .file("b", [1])], to: path, kind: kind)
      try body { try ArchiveReader(path, expectation: "", freeBytes: $0, stop: $1) }
    }
  }

  private func names(_ reader: ArchiveReader) throws -> [String] {
    var names: [String] = []
    while let entry = try reader.next() { names.append(entry.path) }
    return names
  }

  @Test(arguments: [ArchiveKind.compressedTar, .zip])
  func whatIsReadHasALimit(_ kind: ArchiveKind) throws {
    try withArchive(kind) { open in
      let reader = try open(1 << 20, .never)
      _ = try reader.next()
      #expect { try reader.content(limit: .max) } throws: {
        "\($0)".contains("unpacks to more than 100 times its size")
      }
      let patient = try open(1 << 23, .never)
      _ = try patient.next()
      #expect(try patient.content(limit: .max).count == 4 << 20)
      #expect(try names(patient) == ["b"])
    }
  }

  @Test func whatIsPassedOverHasALimitWhereItHasToBeUnpacked() throws {
    try withArchive(.compressedTar) { open in
      #expect(throws: DiagnosticError.self) { try names(open(1 << 20, .never)) }
      let all = try names(open(1 << 23, .never))
      #expect(all == ["a", "b"])
      // It also stops on request.
      #expect(throws: Interrupted.self) { try names(open(1 << 23, Countdown(5).check)) }
    }
    // The others are not read at all.
    for kind in [ArchiveKind.zip, .tar] {
      try withArchive(kind) { open in
        let all = try names(open(1 << 20, .never))
        #expect(all == ["a", "b"])
      }
    }
  }
}
