import Basics
import SystemPackage

extension Store {
  /// Reads every file and compares it with its record, or with the expected form of such a file.
  ///
  /// Files that a run writes or removes in the meantime are not findings.
  ///
  /// - Parameters:
  ///   - isRepairing: whether to move damaged files to `damaged/`, together with the records of incomplete artifacts.
  ///     Their stages run again when they are needed.
  ///   - progress: receives the bytes of objects read so far, and the total.
  /// - Throws: `DiagnosticError` for a store of another format, or one that cannot be listed or repaired.
  package func audit(
    isRepairing: Bool, progress: (_ read: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DiagnosticError) -> StoreAudit {
    var auditor = StoreAuditor(store: self, isRepairing: isRepairing)
    try auditor.examineFormat()
    for path in misplacedFiles { try auditor.findDamaged(path, "it is not a folder") }
    for path in brokenLinks { auditor.find(brokenLink: path) }
    try auditor.examine(objectsFolder) { (part) throws(DiagnosticError) in
      try part.examineObjects(progress)
    }
    try auditor.examine(recordsFolder) { (part) throws(DiagnosticError) in
      try part.examineRecords()
    }
    try auditor.examine(recordsFolder) { (part) throws(DiagnosticError) in
      try part.examineReading()
    }
    try auditor.examine(checkpointsFolder) { (part) throws(DiagnosticError) in
      try part.examineCheckpoints()
    }
    try auditor.examineNotes()
    try auditor.examine(logsFolder) { (part) throws(DiagnosticError) in try part.examineLogs() }
    try auditor.examine(claimsFolder) { (part) throws(DiagnosticError) in
      try part.examineClaims()
    }
    try auditor.examine(workspacesFolder) { (part) throws(DiagnosticError) in
      _ = try part.entries(of: workspacesFolder)
    }
    try auditor.examine(activationsFolder) { (part) throws(DiagnosticError) in
      try part.examineActivations()
    }
    try auditor.examine(unfinishedFolder) { (part) throws(DiagnosticError) in
      try part.examineUnfinishedWork()
    }
    return auditor.audit
  }
}

extension Store {
  /// Reads `store.json` and all notes, but nothing that is large; repairs nothing.
  package func auditNotes() throws(DiagnosticError) -> StoreAudit {
    var auditor = StoreAuditor(store: self, isRepairing: false)
    try auditor.examineFormat()
    try auditor.examineNotes()
    return auditor.audit
  }
}

// MARK: - What there is

extension Store {
  /// All objects, by digest, with the sizes that their files have, except those that the disk cannot look at.
  func storedObjects() throws(DiagnosticError) -> [StoredObject] {
    var objects: [StoredObject] = []
    for shard in try fileSystem.names(in: objectsFolder) {
      for name in try fileSystem.names(in: objectsFolder.appending(shard)) {
        guard let digest = Fingerprint(hexadecimal: name),
          let status = try readableStatus(of: objectPath(digest)), status.kind == .file
        else { continue }
        objects.append(StoredObject(digest: digest, size: status.size))
      }
    }
    return objects
  }

  /// All trajectories that states are kept of.
  func trajectories() throws(DiagnosticError) -> [Fingerprint] {
    try readableNames(in: checkpointsFolder).compactMap { Fingerprint(hexadecimal: $0) }
  }

  /// The names in a folder of what only saves time; none if the disk cannot list it.
  func readableNames(in folder: FilePath) throws(DiagnosticError) -> [String] {
    do throws(DiagnosticError) { return try fileSystem.names(in: folder) } catch {
      guard error.makesUnreadable else { throw error }
      return []
    }
  }

  /// The bytes of a file, or of all files of a folder; 0 if it does not exist, or the disk cannot look at it.
  package func size(of path: FilePath) throws(DiagnosticError) -> Int {
    do throws(DiagnosticError) {
      guard let status = try fileSystem.status(of: path, followingLinks: false) else { return 0 }
      guard status.kind == .folder else { return status.size }
      var size = 0
      for name in try fileSystem.names(in: path) {
        size += try self.size(of: path.appending(name))
      }
      return size
    } catch {
      guard error.makesUnreadable else { throw error }
      return 0
    }
  }

  /// Removes a file or folder atomically.
  func removeAtOnce(_ path: FilePath) throws(DiagnosticError) {
    guard try fileSystem.status(of: path, followingLinks: false) != nil else { return }
    let workspace = try makeWorkspace()
    do throws(DiagnosticError) {
      try fileSystem.move(path, to: workspace.appending("old"))
    } catch {
      // Another process may have removed it in the meantime.
      if try fileSystem.exists(path) { throw error }
    }
    try removeWorkspace(workspace)
  }
}
