import Basics
import Engine
import SystemPackage
import TestSupport
import Testing

/// Changed files of weights are read, or refused with a diagnostic.
@Suite struct SafetensorsFuzzTests {
  private static func sample(_ weights: Weights) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let path = folder.appending("x.safetensors")
      _ = try weights.write(to: path)
      return try LocalFileSystem().read(path)
    }
  }

  private func fuzz() throws -> ReaderFuzz {
    let header =
      #"{"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[3],"#
      + #""data_offsets":[8,14]},"c":{"dtype":"F8_E4M3","shape":[],"data_offsets":[14,15]},"#
      + #""__metadata__":{"format":"pt"}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let samples = try [
      Self.sample(
        Weights([
          Tensor(
            name: "conv1.weight", shape: [2, 1, 3, 3], values: .init(repeating: 0.5, count: 18)),
          Tensor(name: "conv1.bias", shape: [2], values: [1, -1]),
        ])),
      length + Array(header.utf8) + Array(repeating: 0x3c, count: 15),
    ]
    return ReaderFuzz(
      "safetensors",
      ByteMutator(samples) { bytes in
        // The length of the header, for changes that lengthen or shorten it.
        guard bytes.count >= 8, let end = bytes.lastIndex(of: UInt8(ascii: "}")), end >= 8 else {
          return bytes
        }
        return withUnsafeBytes(of: UInt64(end - 7).littleEndian) { Array($0) } + bytes[8...]
      })
  }

  private func read(_ bytes: [UInt8], _ folder: FilePath) throws {
    let path = folder.appending("x.safetensors")
    try LocalFileSystem().write(bytes, to: path)
    try SafetensorsFile.withFile(at: path) { (file) throws in
      for (name, shape) in file.shapes.sorted(by: { $0.key < $1.key }) {
        _ = try file.values(named: name, shape: shape)
      }
    }
    _ = try Weights(safetensors: bytes)
  }

  @Test func changedFilesAreReadOrRefused() throws {
    try withTemporaryFolder { folder in
      let complaints = try fuzz().complaints(0..<1000) { try read($0, folder) }
      #expect(complaints.isEmpty)
    }
  }

  @Test(.enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"))
  func changedFilesAreReadOrRefusedForALongTime() throws {
    try withTemporaryFolder { folder in
      let complaints = try fuzz().complaintsOverTime { try read($0, folder) }
      #expect(complaints.isEmpty)
    }
  }
}
