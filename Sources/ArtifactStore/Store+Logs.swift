import Basics
import SystemPackage

extension Store {
  /// Adds text to a log, which is created where needed.
  ///
  /// - Parameter name: a file name below `logs/`.
  /// - Returns: where the log lies.
  @discardableResult
  package func appendToLog(_ name: String, _ text: String) throws(DiagnosticError) -> FilePath {
    let path = logsFolder.appending(name)
    if try !fileSystem.exists(logsFolder) { try makeFolder(logsFolder) }
    try fileSystem.append(Array(text.utf8), to: path)
    return path
  }
}
