import Basics
import Execution
import SystemPackage

extension StageContext {
  /// Reads a file of an input's artifact.
  ///
  /// - Throws: `UnusableInput` where there is no such file, or it is not what `body` can read: it was made by other
  ///   code; `DiagnosticError` where this process cannot read.
  func read<Content>(
    _ name: String, of role: String, _ body: (FilePath) throws -> Content
  ) throws -> Content {
    guard let artifact = inputs[role] else {
      preconditionFailure("the plan gives the stage an input of role '\(role)'")
    }
    guard let path = artifact.files[name] else {
      throw UnusableInput(role: role, file: name, reason: "there is no such file")
    }
    do { return try body(path) } catch let error as DiagnosticError {
      guard error.systemReason == nil || error.tellsOfDamage else { throw error }
      throw UnusableInput(
        role: role, file: name, reason: error.diagnostics.first?.message ?? "unknown reason")
    }
  }
}
