import Basics
import Foundation
import SystemPackage
import TestSupport

/// The library between the program and the C library, which makes calls fail and writes down what is done
/// to the disk: `faults.c`, compiled when it is first needed by the compiler that comes with Swift.
struct MachineFaults {
  private let library: FilePath

  /// The one of this test run; it is left in the folder of temporary files for the next.
  static let shared = Result { try MachineFaults() }

  private init() throws {
    let source = FilePath(#filePath).removingLastComponent().appending("faults.c")
    let digest = try LocalFileSystem().digest(of: source).digest.hexadecimal.prefix(16)
    library = FilePath("/tmp/cambium-test-faults-\(digest).so")
    guard try !LocalFileSystem().exists(library) else { return }
    let fresh = "\(library.string).\(getpid())"
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["clang", "-O1", "-shared", "-fPIC", "-o", fresh, source.string]
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else {
      throw DiagnosticError("clang cannot compile '\(source)'")
    }
    try LocalFileSystem().move(FilePath(fresh), to: library)
  }

  /// Which calls fail, and how.
  struct Failure: CustomStringConvertible {
    var call: String
    /// The number of the first call of the kind that fails, from 1 on.
    var first: Int
    var isLasting = false
    /// 0 makes reading and writing do half of what was asked.
    var code: Int32

    var description: String {
      "\(call) \(first)\(isLasting ? " and all later" : ""): "
        + (code == 0 ? "half done" : String(cString: strerror(code)))
    }
  }

  /// The environment of a program whose calls are counted, fail, or are written down.
  func environment(
    failing failure: Failure? = nil, countingTo counts: FilePath? = nil,
    journal: FilePath? = nil
  ) -> [String: String] {
    var environment = ["LD_PRELOAD": library.string]
    if let failure {
      let count = failure.isLasting ? Int(Int32.max) : 1
      environment["CAMBIUM_FAULT"] =
        "\(failure.call):\(failure.first):\(count):\(failure.code)"
    }
    environment["CAMBIUM_FAULT_COUNTS"] = counts?.string
    environment["CAMBIUM_FAULT_JOURNAL"] = journal?.string
    return environment
  }

  /// How often a program made each kind of call.
  func counts(in path: FilePath) throws -> [String: Int] {
    let lines = String(decoding: try LocalFileSystem().read(path), as: UTF8.self).split(
      separator: "\n")
    return Dictionary(
      uniqueKeysWithValues: lines.map { line in
        let words = line.split(separator: " ")
        return (String(words[0]), Int(words[1])!)
      })
  }
}
