import Basics
import SystemPackage

extension Store {
  /// The logs that runs have left; names sort by time.
  package func logNames() throws(DiagnosticError) -> [String] {
    try fileSystem.names(in: logsFolder)
  }

  /// A log's content; `nil` where there is none of that name.
  package func log(_ name: String) throws(DiagnosticError) -> [UInt8]? {
    do throws(DiagnosticError) {
      return try fileSystem.contents(of: logsFolder.appending(name))
    } catch {
      // A log tells what happened, and decides nothing.
      guard error.tellsOfDamage else { throw error }
      return nil
    }
  }

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
