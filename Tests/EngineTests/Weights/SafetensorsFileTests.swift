import Basics
import Definitions
import Engine
import SystemPackage
import TestSupport
import Testing

/// Reading some tensors of files from other tools.
@Suite struct SafetensorsFileTests {
  private func parameter(_ name: String, _ shape: [Int]) throws -> ParameterDefinition {
    let layer = LayerDefinition(name: "a", operations: [.dense(Dense(units: .count(1)))])
    var parameter = try NetworkDefinition(input: Shape(units: 1), layers: [layer]).parameters()[0]
    parameter.name = name
    parameter.shape = shape
    return parameter
  }
  /// The result for a file with these bytes.
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

  /// Unknown types are harmless: offsets determine the size.
  @Test(arguments: ["F8_E8M0", "F4", "C64", "F8_E5M2FNUZ", "F6_E2M3", "Q7"])
  func tensorsOfUnknownTypesAreLeftAlone(type: String) throws {
    let bytes = file(
      #"{"f":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""o":{"dtype":"\#(type)","shape":[5],"data_offsets":[4,7]}}"#,
      data: [0, 0, 0x80, 0x3f, 1, 2, 3])
    try withBytes(bytes) { (file) throws -> Void in
      #expect(file.shapes == ["f": [1]] && file.unreadTypes == ["o": type])
      #expect(try file.values(for: parameter("f", [1])) == [1])
      #expect { try file.values(for: parameter("o", [5])) } throws: { error in
        "\(error)".contains("has dtype '\(type)'; F32, F16 and BF16 can be read")
      }
    }
  }

  @Test func otherFilesAreNamedWithWhatToDo() {
    let cases: [(bytes: [UInt8], kind: String, hint: String)] = [
      (
        Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8),
        "a Git LFS pointer, not the file itself", "git lfs pull"
      ),
      (Array("<!DOCTYPE html><html></html>".utf8), "an HTML page", "login"),
      (
        Array("PK\u{3}\u{4}..........................archive/data.pkl".utf8),
        "a PyTorch file (pickle)", "safetensors.torch.save_file"
      ),
      ([0x80, 2, 0x7d, 0x71, 0, 0x28, 0x58, 0, 0, 0], "a Python pickle", "save_file"),
      (
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], "a PyTorch file (pickle)",
        "save_file"
      ),
      (Array("PK\u{3}\u{4}......................".utf8), "a zip archive", "unpack it"),
      ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1], "a gzip file", "unpack it"),
      (
        Array("{\"metadata\": {\"total_size\": 5}, \"weight_map\": {}}".utf8),
        "the index of weights in several files", "name the file that it lists"
      ),
      ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0], "an HDF5 file", "safetensors"),
    ]
    for (bytes, kind, hint) in cases {
      #expect { try withBytes(bytes) { _ in } } throws: { error in
        "\(error)".contains("x.safetensors' is \(kind)") && "\(error)".contains(hint)
      }
    }
    for cut in [mixed.count - 1, mixed.count - 8, 40] {
      #expect { try withBytes(Array(mixed.prefix(cut))) { _ in } } throws: { error in
        "\(error)".contains("cut off: download or copy it again")
      }
    }
  }

  @Test(arguments: [
    ("n", [], "has dtype 'I64'"), ("x", [2], "has no tensor 'x'"), ("h", [1, 2], "has shape [2]"),
    ("f", [1, 1], "a non-finite value: nan at position 0"),
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

  @Test func shortFilesAndLongHeadersAreRefused() {
    let whole = mixed
    for bytes in [
      [], [1, 2, 3], Array(whole.dropLast()), whole + [0],
      [255, 255, 255, 255, 255, 255, 255, 255, 0], [0, 0, 0, 1, 0, 0, 0, 0, 0x7b, 0x7d],
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
