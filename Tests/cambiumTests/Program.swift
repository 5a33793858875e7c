import Foundation
import SystemPackage

/// The built program, run as its users run it.
struct Program {
  struct Outcome {
    /// The exit status, or the number of the signal that ended the program.
    var status: Int32
    var output: String
    var errors: String
    var wasEndedBySignal = false
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

  /// The folder that the program lies in.
  static var folder: String {
    get throws { try executable.deletingLastPathComponent().path }
  }

  /// Runs `cambium` with arguments in a folder and waits for its end.
  static func run(_ arguments: String..., in folder: FilePath) throws -> Outcome {
    try run(arguments, in: folder)
  }

  /// Runs `cambium` with arguments in a folder and waits for its end.
  static func run(
    _ arguments: [String], in folder: FilePath, on machine: OtherMachine? = nil
  ) throws -> Outcome {
    try start(arguments, in: folder, on: machine).outcome()
  }

  /// Runs any command, and waits for its end.
  ///
  /// - Returns: its status.
  static func execute(_ command: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = launcher
    process.arguments = command
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Starts what it is given in its own place, so that the process stays the same.
  private static let launcher = URL(fileURLWithPath: "/usr/bin/env")

  /// A program that runs.
  struct Running {
    fileprivate var process: Process
    fileprivate var outputFile: URL
    fileprivate var errorFile: URL

    /// Waits for its end.
    func outcome() throws -> Outcome {
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus,
        output: try String(contentsOf: outputFile, encoding: .utf8),
        errors: try String(contentsOf: errorFile, encoding: .utf8),
        wasEndedBySignal: process.terminationReason == .uncaughtSignal)
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
  ///   - script: what a shell does to start it, as `"$0" "$@"`; `nil` to start it directly.
  ///   - machine: where it seems to run; here, where there is none.
  ///   - environment: variables beside those of the tests.
  ///   - limits: the shell's `ulimit` for it, such as `-v 100000`.
  static func start(
    _ arguments: [String], in folder: FilePath, named name: String = "", script: String? = nil,
    on machine: OtherMachine? = nil, environment: [String: String] = [:], limits: String? = nil
  ) throws -> Running {
    let process = Process()
    var command = machine.map { [launcher.path] + $0.launcher } ?? []
    if let limits { command += ["/bin/sh", "-c", "ulimit \(limits) && exec \"$0\" \"$@\""] }
    if let script { command += ["/bin/sh", "-c", script] }
    command += try [executable.path] + arguments
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
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
