import Basics
import Engine
import SystemPackage
import TestSupport
import Testing

/// Models of Caffe's, read as tensors with PyTorch's names and layouts.
@Suite struct CaffeFileTests {
  private func withBytes<Result>(
    _ bytes: [UInt8], _ body: (any WeightsContainer) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let path = folder.appending("x.caffemodel")
      try LocalFileSystem().write(bytes, to: path)
      return try withWeights(at: path, body)
    }
  }

  @Test func currentModels() throws {
    try withBytes(CaffeFixture.current) { (file) throws -> Void in
      #expect(
        file.shapes == [
          "conv1.weight": [2, 3, 1, 2], "conv1.bias": [2], "bn1.running_mean": [2],
          "bn1.running_var": [2], "bn1.weight": [2], "bn1.bias": [2], "scale1.weight": [2],
          "scale1.bias": [2], "conv2.weight": [1, 3, 1, 1], "fc3.weight": [2, 4], "fc3.bias": [2],
        ])
      // Blue, green, red become red, green, blue: in the first layer alone.
      #expect(
        try file.values(named: "conv1.weight", shape: [2, 3, 1, 2])
          == [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7])
      #expect(try file.values(named: "conv2.weight", shape: [1, 3, 1, 1]) == [7, 8, 9])
      #expect(try file.numbers(of: "bn1.running_mean") == [2, 4])
      #expect(try file.numbers(of: "bn1.running_var") == [1, 3])
      #expect(try file.numbers(of: "bn1.weight") == [3, 5])
      #expect(try file.numbers(of: "fc3.weight") == CaffeFixture.counting(8))
    }
  }

  @Test func olderModels() throws {
    try withBytes(CaffeFixture.old) { (file) throws -> Void in
      #expect(
        file.shapes == [
          "conv1.weight": [1, 3, 1, 1], "conv1.bias": [1], "fc2.weight": [2, 3], "fc2.bias": [2],
        ])
      #expect(try file.numbers(of: "conv1.weight") == [3, 2, 1])
      #expect(try file.numbers(of: "fc2.weight") == CaffeFixture.counting(6))
    }
  }

  @Test func whatDoesNotFitIsAnError() throws {
    try withBytes(CaffeFixture.current) { (file) throws -> Void in
      #expect(throws: DiagnosticError.self) {
        try file.values(named: "conv1.weight", shape: [2, 3, 2, 1])
      }
      #expect(throws: DiagnosticError.self) { try file.numbers(of: "conv9.weight") }
    }
  }

  /// Cut off, of impossible shapes, without weights, or no model at all.
  @Test func otherFilesAreRefused() {
    let tooLarge = CaffeFixture.layer(
      "a", "Convolution", [CaffeFixture.blob([1 << 40, 1 << 40], [1])])
    let unfilled = CaffeFixture.layer("a", "Convolution", [CaffeFixture.blob([2, 3], [1])])
    for bytes in [
      Array(CaffeFixture.current.dropLast()), CaffeFixture.field(1, "CaffeNet"),
      CaffeFixture.field(1, "CaffeNet") + tooLarge, CaffeFixture.field(1, "CaffeNet") + unfilled,
      [0x0a] + Array(repeating: 0xff, count: 40),
    ] {
      #expect(throws: DiagnosticError.self) { try withBytes(bytes) { _ in } }
    }
  }
}
