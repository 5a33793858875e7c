import Basics
import Engine
import SystemPackage
import TestSupport
import Testing

/// Changed models of Caffe's are read, or refused with a diagnostic.
@Suite struct CaffeFuzzTests {
  private let fuzz = ReaderFuzz(
    "caffe", ByteMutator([CaffeFixture.current, CaffeFixture.old]))

  private func read(_ bytes: [UInt8]) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("x.caffemodel")
      try LocalFileSystem().write(bytes, to: path)
      try withWeights(at: path) { file in
        for (name, shape) in file.shapes.sorted(by: { $0.key < $1.key }) {
          _ = try file.values(named: name, shape: shape)
        }
      }
    }
  }

  @Test func changedFilesAreReadOrRefused() {
    #expect(fuzz.complaints(0..<500, read: read).isEmpty)
  }

  @Test(.enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"))
  func changedFilesAreReadOrRefusedForALongTime() throws {
    let complaints = try fuzz.complaintsOverTime(read: read)
    #expect(complaints.isEmpty)
  }
}
