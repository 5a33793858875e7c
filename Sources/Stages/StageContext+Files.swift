import Basics
import Execution
import Results
import SystemPackage

extension StageContext {
  /// Reads a file of an input's artifact.
  ///
  /// - Throws: `UnusableInput` if there is no such file, or `body` cannot read it because different code produced it;
  ///   `DiagnosticError` if this process cannot read it.
  func read<Content>(
    _ file: ArtifactFile, of role: String, _ body: (FilePath) throws -> Content
  ) throws -> Content {
    guard let artifact = inputs[role] else {
      preconditionFailure("the plan gives the stage an input of role '\(role)'")
    }
    guard let path = artifact[file] else {
      throw UnusableInput(role: role, file: file.name, reason: "there is no such file")
    }
    do { return try body(path) } catch let error as DiagnosticError {
      guard error.systemReason == nil || error.tellsOfDamage else { throw error }
      throw UnusableInput(
        role: role, file: file.name, reason: error.diagnostics.first?.message ?? "unknown reason")
    }
  }

  /// Reads a result of an input's stage.
  ///
  /// - Throws: as `read(_:of:_:)` does.
  func read<Result: ResultFile>(
    _ type: Result.Type, of role: String, from fileSystem: any FileSystem
  ) throws -> Result {
    try read(Result.file, of: role) { try Result(contents: fileSystem.read($0)) }
  }
}
