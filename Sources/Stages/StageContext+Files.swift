import Basics
import Execution
import SystemPackage

extension StageContext {
  /// A file of an input's artifact.
  ///
  /// - Throws: `DiagnosticError` where the artifact has no such file: it was made by other code.
  func file(_ name: String, of role: String) throws -> FilePath {
    guard let artifact = inputs[role] else {
      preconditionFailure("the plan gives the stage an input of role '\(role)'")
    }
    guard let path = artifact.files[name] else {
      throw DiagnosticError("the artifact of stage '\(artifact.record.stage)' has no '\(name)'")
    }
    return path
  }
}
