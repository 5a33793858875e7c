import Basics
import Engine
import SystemPackage
import TestSupport
import Testing

/// Mean images of Caffe's, as a tensor.
@Suite struct CaffeMeanFileTests {
  private func withBytes<Result>(
    _ bytes: [UInt8], _ body: (any WeightsContainer) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let path = folder.appending("mean.binaryproto")
      try LocalFileSystem().write(bytes, to: path)
      return try withWeights(at: path, body)
    }
  }

  /// Blue, green, red become red, green, blue.
  private let reversed: [Float] = [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]

  @Test func bothFormsAreRead() throws {
    for bytes in [
      CaffeFixture.blob([1, 3, 2, 2], CaffeFixture.counting(12)),
      CaffeFixture.blob([3, 2, 2], CaffeFixture.counting(12)),
      CaffeFixture.oldBlob([1, 3, 2, 2], CaffeFixture.counting(12)),
    ] {
      try withBytes(bytes) { (file) throws -> Void in
        #expect(file.shapes == ["mean": [3, 2, 2]])
        #expect(try file.values(named: "mean", shape: [3, 2, 2]) == reversed)
        #expect(throws: DiagnosticError.self) { try file.numbers(of: "other") }
      }
    }
  }

  /// The ninth byte is that of a safetensors header; what precedes it is no length of one.
  @Test func aMeanWithAWidthThatLooksLikeABraceIsRead() throws {
    let bytes = CaffeFixture.oldBlob([1, 1, 256, 123], CaffeFixture.counting(256 * 123))
    #expect(bytes[8] == UInt8(ascii: "{"))
    try withBytes(bytes) { #expect($0.shapes == ["mean": [1, 256, 123]]) }
  }

  @Test func greyMeansAndColoursAreRead() throws {
    try withBytes(CaffeFixture.blob([1, 1, 1, 3], [1, 2, 3])) { (file) throws -> Void in
      #expect(try file.values(named: "mean", shape: [1, 1, 3]) == [1, 2, 3])
    }
    try withBytes(CaffeFixture.blob([1, 3, 1, 1], [104, 117, 123])) { (file) throws -> Void in
      #expect(try file.values(named: "mean", shape: [3, 1, 1]) == [123, 117, 104])
    }
  }

  @Test func otherFilesAreRefused() throws {
    let whole = CaffeFixture.blob([1, 3, 2, 2], CaffeFixture.counting(12))
    for bytes in [
      Array(whole.dropLast()), Array(whole.prefix(12)),
      CaffeFixture.blob([2, 3, 2, 2], CaffeFixture.counting(24)),
      CaffeFixture.blob([1, 2, 2, 2], CaffeFixture.counting(8)),
      CaffeFixture.blob([1 << 40, 1 << 40, 1], [1]), CaffeFixture.blob([3, 0, 2], []),
      CaffeFixture.oldBlob([1, 3, 1 << 62, 4], [1]), [0x08] + Array(repeating: 0xff, count: 40),
      [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2],
    ] {
      #expect(throws: DiagnosticError.self) { try withBytes(bytes) { _ in } }
    }
    let odd = CaffeFixture.blob([1, 1, 1, 2], [1, .nan])
    #expect(throws: DiagnosticError.self) {
      try withBytes(odd) { try $0.values(named: "mean", shape: [1, 1, 2]) }
    }
  }

  @Test func changedFilesAreReadOrRefused() {
    let fuzz = ReaderFuzz(
      "caffe-mean",
      ByteMutator([
        CaffeFixture.blob([1, 3, 2, 2], CaffeFixture.counting(12)),
        CaffeFixture.oldBlob([1, 3, 2, 2], CaffeFixture.counting(12)),
      ]))
    let complaints = fuzz.complaints(0..<500) { bytes in
      try withBytes(bytes) { file in
        for (name, shape) in file.shapes { _ = try file.values(named: name, shape: shape) }
      }
    }
    #expect(complaints.isEmpty)
  }
}
