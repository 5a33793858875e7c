import Foundation
import SystemPackage

/// The built program, run as its users run it.
struct Program {
  struct Outcome {
    var status: Int32
    /// Whether a signal ended it, whose number is the status then.
    var isSignal: Bool
    var output: String
    var errors: String
  }

  /// Beside the test bundle, where the package manager puts both.
  private static var executable: URL {
    get throws {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let folders = [own] + CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
      for folder in folders {
        let program = URL(fileURLWithPath: folder).deletingLastPathComponent()
          .appendingPathComponent("cambium")
        if FileManager.default.isExecutableFile(atPath: program.path) { return program }
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }

  /// Runs `cambium` with arguments in a folder and waits for its end.
  static func run(_ arguments: String..., in folder: FilePath) throws -> Outcome {
    try run(arguments, in: folder)
  }

  /// Runs `cambium` with arguments in a folder and waits for its end.
  static func run(_ arguments: [String], in folder: FilePath) throws -> Outcome {
    try start(arguments, in: folder).outcome()
  }

  /// A program that runs.
  struct Running {
    fileprivate var process: Process
    fileprivate var outputFile: URL
    fileprivate var errorFile: URL

    /// Waits for its end.
    func outcome() throws -> Outcome {
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus, isSignal: process.terminationReason == .uncaughtSignal,
        output: try String(contentsOf: outputFile, encoding: .utf8),
        errors: try String(contentsOf: errorFile, encoding: .utf8))
    }

    /// What it has written to standard error so far.
    var errors: String { get throws { try String(contentsOf: errorFile, encoding: .utf8) } }

    var id: Int32 { process.processIdentifier }

    var isRunning: Bool { process.isRunning }
  }

  /// Starts `cambium` with arguments in a folder.
  ///
  /// - Parameters:
  ///   - name: tells its output from that of others in the folder.
  ///   - environment: variables beside those of the tests.
  ///   - limits: the shell's `ulimit` for it, such as `-v 100000`.
  static func start(
    _ arguments: [String], in folder: FilePath, named name: String = "",
    environment: [String: String] = [:], limits: String? = nil
  ) throws -> Running {
    let process = Process()
    if let limits {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      let command = "ulimit \(limits) && exec \"$0\" \"$@\""
      process.arguments = ["-c", command, try executable.path] + arguments
    } else {
      process.executableURL = try executable
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
    // Output goes to files: a full pipe would stop the program.
    func capture(_ name: String) throws -> (URL, FileHandle) {
      let url = URL(fileURLWithPath: folder.appending(name).string)
      _ = FileManager.default.createFile(atPath: url.path, contents: nil)
      return (url, try FileHandle(forWritingTo: url))
    }
    let (outputFile, output) = try capture(".output\(name)")
    let (errorFile, errors) = try capture(".errors\(name)")
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    try output.close()
    try errors.close()
    return Running(process: process, outputFile: outputFile, errorFile: errorFile)
  }
}
