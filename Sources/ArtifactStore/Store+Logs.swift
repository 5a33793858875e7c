import Basics
import SystemPackage

extension Store {
  /// The names of run logs, which sort by time.
  package func logNames() throws(DiagnosticError) -> [String] {
    try fileSystem.names(in: logsFolder)
  }

  /// The content of a log; `nil` if there is none of that name.
  package func log(_ name: String) throws(DiagnosticError) -> [UInt8]? {
    do throws(DiagnosticError) {
      return try fileSystem.contents(of: logsFolder.appending(name))
    } catch {
      // Logs are informational only.
      guard error.tellsOfDamage else { throw error }
      return nil
    }
  }

  /// Appends text to a log, which is created if necessary.
  ///
  /// - Parameter name: a file name in `logs/`.
  /// - Returns: the path of the log.
  @discardableResult
  package func appendToLog(_ name: String, _ text: String) throws(DiagnosticError) -> FilePath {
    let path = logsFolder.appending(name)
    if try !fileSystem.exists(logsFolder) { try makeFolder(logsFolder) }
    try fileSystem.append(Array(text.utf8), to: path)
    return path
  }
}
