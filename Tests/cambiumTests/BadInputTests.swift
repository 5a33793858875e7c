import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Hostile files, given to the program: it says what is wrong and ends with status 2.
@Suite struct BadInputTests {
  /// Far more than any of these takes; only a program that hangs exceeds it.
  private static let patience = Duration.seconds(120)

  private func expectRefusal(
    _ bytes: [UInt8], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(bytes, to: folder.appending("bad.yaml"))
      try expectRefusal(of: "bad.yaml", in: folder, message, sourceLocation: sourceLocation)
    }
  }

  private func expectRefusal(
    of file: String, in folder: FilePath, _ message: String, sourceLocation: SourceLocation
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try Program.run("check", file, in: folder)
    #expect(clock.now - start < Self.patience, sourceLocation: sourceLocation)
    #expect(outcome.status == 2, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix(message), "\(outcome.errors.prefix(2_000))",
      sourceLocation: sourceLocation)
    #expect(
      !outcome.errors.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" },
      sourceLocation: sourceLocation)
  }

  /// The file is sparse: it takes no room on the disk, and most of it must not be read.
  @Test func largeFileIsRefusedWithoutBeingRead() throws {
    for size in [100 << 20, 1 << 40] {
      try withTemporaryFolder { folder in
        let path = folder.appending("large.yaml")
        try LocalFileSystem().write("cambium: 1\n", to: path)
        let file = try FileDescriptor.open(path, .writeOnly)
        try file.closeAfter { try file.resize(to: Int64(size)) }
        try expectRefusal(
          of: "large.yaml", in: folder, "large.yaml:1:1: error: the file is larger than 16 MB",
          sourceLocation: #_sourceLocation)
      }
    }
  }

  @Test func endlessDeviceIsRefused() throws {
    try withTemporaryFolder { folder in
      try expectRefusal(
        of: "/dev/zero", in: folder, "/dev/zero:1:1: error: the file is larger than 16 MB",
        sourceLocation: #_sourceLocation)
    }
  }

  @Test func bytesThatAreNoTextAreRefused() throws {
    try expectRefusal(
      Array("cambium: 1\nname: ".utf8) + [0xFF, 0xFE, 0x0A],
      "bad.yaml:2:7: error: the file is not UTF-8 from here on")
  }

  @Test func aliasBombIsRefused() throws {
    var text = "cambium: 1\nparams:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...20 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "  a\(level): &a\(level) [\(aliases)]\n"
    }
    try expectRefusal(
      Array(text.utf8), "bad.yaml:8:47: error: the file has more than 1000000 values")
  }

  @Test func millionsOfBracketsAreRefused() throws {
    let text = "cambium: 1\nname: " + String(repeating: "[", count: 4_000_000)
    try expectRefusal(
      Array(text.utf8), "bad.yaml:2:70: error: collections are nested more than 64 levels deep")
  }

  /// The library that reads YAML compares each directive with all others.
  @Test func manyTagDirectivesAreRefused() throws {
    let directives = (0..<300_000).map { "%TAG !a\($0)! tag:x,\($0):\n" }.joined()
    try expectRefusal(
      Array("\(directives)---\ncambium: 1\n".utf8),
      "bad.yaml:1:1: error: tags are not supported: remove this directive")
    try expectRefusal(
      Array("cambium: 1\n...\n\(directives)---\ncambium: 1\n".utf8),
      "bad.yaml:3:1: error: tags are not supported: remove this directive")
  }

  @Test func sweepOverEverythingIsRefused() throws {
    let variables = (0..<20).map { "v\($0)" }
    let name = variables.map { "${\($0)}" }.joined(separator: "-")
    let sweep = variables.map { "\($0): 0..9999" }.joined(separator: ", ")
    try expectRefusal(
      Array("cambium: 1\nstages: {\"\(name)\": {for: {\(sweep)}, report: all}}\n".utf8),
      "bad.yaml:2:10: error: a pipeline may have 10000 stages")
  }

  @Test func terminalIsNotDriven() throws {
    try expectRefusal(
      Array("cambium: 1\n\"a\\e[2J\\nb\\u202e\": 1\n".utf8),
      "bad.yaml:2:1: error: the pipeline has no 'a\\u{1B}[2J\\nb\\u{202E}'")
  }

  /// Each of many points of a sweep reads a long list again: time is bounded by what is repeated.
  @Test func sweepOfAVeryLongStageIsRefused() throws {
    let layers = (0..<100_000).map { "l\($0): freeze" }.joined(separator: ", ")
    try expectRefusal(
      Array(
        "cambium: 1\nstages: {\"a-${i}\": {for: {i: 0..9999}, transfer: {layers: {\(layers)}}}}\n"
          .utf8),
      "bad.yaml:2:10: error: 'a-${i}' repeats ")
  }

  /// Every name is wrong, and each is compared with all that there are.
  @Test func manyUnknownNamesAreReportedInTime() throws {
    let solvers = (0..<20_000).map { "solver-number-\($0): {batch: 1, epochs: 1, rate: 1}" }
    let stages = (0..<1_000).map {
      "stage\($0): {train: {network: n, on: d, solver: solver-numbre-\($0)}}"
    }
    let text =
      "cambium: 1\nsolvers: {\(solvers.joined(separator: ", "))}\n"
      + "stages: {\(stages.joined(separator: ", "))}\n"
    try expectRefusal(Array(text.utf8), "bad.yaml:3:")
  }
}
