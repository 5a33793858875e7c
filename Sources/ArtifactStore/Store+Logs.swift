import Basics
import SystemPackage

extension Store {
  /// The names of run logs, which sort by time.
  package func logNames() throws(DiagnosticError) -> [String] {
    try fileSystem.names(in: logsFolder)
  }

  /// The same; none if they cannot be listed.
  package func readableLogNames() throws(DiagnosticError) -> [String] {
    try readableNames(in: logsFolder)
  }

  /// The content of a log; `nil` if there is none of that name.
  package func log(_ name: String) throws(DiagnosticError) -> [UInt8]? {
    do throws(DiagnosticError) {
      return try fileSystem.contents(of: logsFolder.appending(name))
    } catch {
      // Logs are informational only.
      guard error.makesUnreadable else { throw error }
      return nil
    }
  }

  /// When a log was last added to, in seconds since 1970 by the clock of the file system; `nil` if there is none.
  package func logModified(_ name: String) throws(DiagnosticError) -> Double? {
    try fileSystem.status(of: logsFolder.appending(name)).map { Double($0.modified) / 1e9 }
  }

  /// The progress of a run's stages, updated more often than its log; only the last lines matter.
  private func progressPath(of run: String) -> FilePath { logsFolder.appending("\(run).progress") }

  /// Appends a line on the progress of a run, without waiting for the disk.
  package func tellProgress(_ line: String, ofRun run: String) throws(DiagnosticError) {
    let path = progressPath(of: run)
    if let status = try fileSystem.status(of: path), status.size > 1 << 16 {
      try fileSystem.remove(path)
    }
    try appendToLog("\(run).progress", line)
  }

  /// The latest progress of a run, in lines, of which the last may be incomplete; `nil` if the run has ended or has
  /// reported none.
  package func toldProgress(ofRun run: String) -> [UInt8]? {
    try? fileSystem.contents(of: progressPath(of: run))
  }

  /// Removes the progress of a run that has ended.
  package func forgetProgress(ofRun run: String) throws(DiagnosticError) {
    try fileSystem.remove(progressPath(of: run))
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
