import Basics
import Definitions
import Engine
import SystemPackage
import TestSupport
import Testing

/// Reading some tensors of files that others wrote.
@Suite struct SafetensorsFileTests {
  private func parameter(_ name: String, _ shape: [Int]) throws -> ParameterDefinition {
    let layer = LayerDefinition(name: "a", operations: [.dense(Dense(units: .count(1)))])
    var parameter = try NetworkDefinition(input: Shape(units: 1), layers: [layer]).parameters()[0]
    parameter.name = name
    parameter.shape = shape
    return parameter
  }
  /// What comes of a file of these bytes.
  private func withBytes<Result>(
    _ bytes: [UInt8], _ body: (SafetensorsFile) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let path = folder.appending("x.safetensors")
      try LocalFileSystem().write(bytes, to: path)
      return try SafetensorsFile.withFile(at: path, body)
    }
  }

  private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
    let header = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + data
  }

  private var mixed: [UInt8] {
    file(
      #"{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
        + #""h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"#
        + #""f":{"dtype":"F32","shape":[1,1],"data_offsets":[12,16]}}"#,
      data: [9, 0, 0, 0, 0, 0, 0, 0, 0, 0x3c, 0, 0xc0, 0, 0, 0xc0, 0x7f])
  }

  @Test func tensorsOfOtherTypesAreLeftAlone() throws {
    try withBytes(mixed) { (file) throws -> Void in
      #expect(file.shapes == ["h": [2], "f": [1, 1]])
      #expect(file.unreadTypes == ["n": "I64"])
      #expect(try file.values(for: parameter("h", [2])) == [1, -2])
    }
  }

  @Test(arguments: [
    ("n", [], "has dtype 'I64'"), ("x", [2], "has no tensor 'x'"), ("h", [1, 2], "has shape [2]"),
    ("f", [1, 1], "no number to train with: nan at position 0"),
  ])
  func whatDoesNotFitIsNamed(name: String, shape: [Int], complaint: String) throws {
    try withBytes(mixed) { (file) throws -> Void in
      #expect { try file.values(for: parameter(name, shape)) } throws: { error in
        error is DiagnosticError && "\(error)".contains(complaint)
      }
    }
  }

  @Test(arguments: SafetensorsTests.hostileHeaders.filter { $0.complaint != "dtype 'F64'" }.indices)
  func hostileFilesAreRefused(index: Int) {
    let cases = SafetensorsTests.hostileHeaders.filter { $0.complaint != "dtype 'F64'" }
    let bytes = file(cases[index].header, data: Array(repeating: 0, count: cases[index].data))
    #expect { try withBytes(bytes) { _ in } } throws: { error in
      error is DiagnosticError && "\(error)".contains(cases[index].complaint)
        && "\(error)".contains("x.safetensors' is not a usable safetensors file")
    }
  }

  @Test func shortFilesLongHeadersAndUnknownTypesAreRefused() {
    let whole = mixed
    for bytes in [
      [], [1, 2, 3], Array(whole.dropLast()), whole + [0],
      [255, 255, 255, 255, 255, 255, 255, 255, 0], [0, 0, 0, 1, 0, 0, 0, 0, 0x7b, 0x7d],
      file(#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, data: [0]),
    ] as [[UInt8]] {
      #expect(throws: DiagnosticError.self) { try withBytes(bytes) { _ in } }
    }
  }

  @Test func damagedFilesAreReadOrRefusedButNeverTrusted() throws {
    let whole = mixed
    let stream = RandomStream(seed: 5)
    for trial in 0..<400 {
      var bytes = whole
      for change in 0..<(1 + trial % 3) {
        let place = stream.integer(
          below: bytes.count, at: UInt64(trial), lane: UInt64(2 * change))
        bytes[place] = UInt8(
          stream.integer(below: 256, at: UInt64(trial), lane: UInt64(2 * change + 1)))
      }
      do {
        try withBytes(bytes) { (file) throws -> Void in
          for (name, shape) in file.shapes where shape.count < 3 {
            _ = try file.values(for: parameter(name, shape))
          }
        }
      } catch {
        #expect(error is DiagnosticError, "\(error)")
      }
    }
  }

  @Test func foldersAndMissingFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      for path in [folder, folder.appending("nothing"), "/dev/null"] {
        #expect(throws: DiagnosticError.self) {
          try SafetensorsFile.withFile(at: path) { _ in }
        }
      }
    }
  }
}
