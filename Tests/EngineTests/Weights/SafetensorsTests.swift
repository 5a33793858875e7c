import Basics
import Engine
import Glibc
import SystemPackage
import Testing

@Suite struct SafetensorsTests {
  private let weights = Weights([
    Tensor(name: "conv1.weight", shape: [2, 1, 1, 2], values: [1, -2, .infinity, 0x1p-149]),
    Tensor(name: "a \"quoted\" näme", shape: [], values: [3]),
    Tensor(name: "empty", shape: [0, 5], values: []),
  ])

  private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
    let header = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data
  }

  @Test func roundTripKeepsOrderAndBits() throws {
    let read = try Weights(safetensors: weights.safetensors)
    #expect(read.hasSameBits(as: weights))
  }

  @Test func sameWeightsMakeTheSameBytesAndNumbersAreAligned() {
    let bytes = weights.safetensors
    #expect(bytes == Weights(weights.tensors).safetensors)
    #expect(bytes[0] % 8 == 0)
    #expect(bytes.count == 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + 5 * 4)
  }

  @Test func fileRoundTrip() throws {
    var template = Array("/tmp/cambium-safetensors-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    close(descriptor)
    let path = FilePath(template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    defer { unlink(path.string) }
    try weights.write(to: path)
    #expect(try Weights(contentsOf: path).hasSameBits(as: weights))
    #expect { try Weights(contentsOf: path.appending("nothing")) } throws: {
      "\($0)".contains("cannot read")
    }
  }

  @Test func halfPrecisionsAreRead() throws {
    // 1, −2, 65504, 2⁻²⁴, ∞ in binary16; 1, −2 in bfloat16.
    let halves: [UInt16] = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x3f80, 0xc000]
    let data = halves.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let header =
      #"{"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"#
      + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]}}"#
    let read = try Weights(safetensors: file(header, data: data))
    #expect(read.names == ["h", "b"])
    #expect(read["h"]?.values == [1, -2, 65504, 0x1p-24, .infinity])
    #expect(read["b"]?.values == [1, -2])
  }

  static let hostileHeaders: [(header: String, data: Int, complaint: String)] = [
    ("", 0, "not JSON"),
    ("[]", 0, "not a map"),
    ("{", 0, "not JSON"),
    (#"{"a":1}"#, 0, "no dtype"),
    (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#, 8, "dtype 'F64'"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, "no proper shape"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "no proper shape"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "no proper data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "no proper data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "no proper data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "takes 8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 0, "4 bytes in all"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8, "4 bytes in all"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "begins at byte 4"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "begins at byte 0"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "occurs twice"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4,
      "impossible shape"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}"#, 0,
      "impossible shape"
    ),
  ]

  @Test(arguments: hostileHeaders.indices) func hostileHeadersAreRefused(index: Int) {
    let (header, data, complaint) = SafetensorsTests.hostileHeaders[index]
    let bytes = file(header, data: Array(repeating: 0, count: data))
    #expect { try Weights(safetensors: bytes) } throws: { error in
      error is DiagnosticError && "\(error)".contains(complaint)
    }
  }

  @Test func hostileLengthsAreRefused() {
    for bytes in [
      [], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 0],
      [3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d], Array(weights.safetensors.dropLast()),
      weights.safetensors + [0],
    ] as [[UInt8]] {
      #expect(throws: DiagnosticError.self) { try Weights(safetensors: bytes) }
    }
  }

  @Test func headerOfNoTensorsIsEmptyWeights() throws {
    #expect(try Weights(safetensors: file("{} ")).tensors.isEmpty)
  }
}
