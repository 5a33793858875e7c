import Basics
import SystemPackage

// unfinished/<fingerprint>/
//   <process>~<number>/   what a stage has done of which that process works, or was cut short
//   left~<number>/        the same, of nobody: its run has ended
//
// No file here ever has two writers. Whoever claims a stage works in a folder of its own: what was left is
// given its name, and where the earlier writer may live, what that one has done is copied. Who was thought dead
// and wakes up thus writes into files that nobody else reads.

extension Store {
  var unfinishedFolder: FilePath { root.appending("unfinished") }

  /// The folder for all unfinished work of a stage.
  package func unfinishedWork(of fingerprint: Fingerprint) -> FilePath {
    unfinishedFolder.appending(fingerprint.hexadecimal)
  }

  /// A folder where a claimed stage may keep unfinished work, for a later run to resume; no other process ever writes
  /// to it. It contains the work of an earlier run, or does not exist yet.
  ///
  /// Copied files may be incomplete: whoever uses them compares them with their bookmark.
  ///
  /// - Parameter isFresh: whether the stage starts over, without earlier work.
  /// - Returns: `nil` if the claim is no longer valid.
  /// - Throws: `DiagnosticError`; `Interrupted`.
  package func takeUnfinishedWork(
    for claim: StageClaim, isFresh: Bool = false, unless stop: StopCheck = .never
  ) throws -> FilePath? {
    let all = unfinishedWork(of: claim.fingerprint)
    let own = all.appending(newName())
    let names = try readableNames(in: all)
    // Everything present while the claim is valid belongs to earlier owners: later ones create their folders later.
    guard try stands(claim) else { return nil }
    if !isFresh {
      do {
        if let furthest = try furthest(of: names, in: all) {
          try takeOver(furthest, in: all, as: own, unless: stop)
        }
      } catch {
        try removeAtOnce(own)
        // What cannot be copied would only have saved time: its owner may have woken up and removed it, and a disk
        // that is too full for two copies has room for one.
        guard error is DiagnosticError else { throw error }
      }
    }
    for name in names {
      try tidying { () throws(DiagnosticError) in try removeAtOnce(all.appending(name)) }
    }
    return own
  }

  /// The largest of the folders: a run that was killed while copying has left two.
  private func furthest(
    of names: [String], in folder: FilePath
  ) throws(DiagnosticError) -> String? {
    var furthest: (name: String, size: Int)?
    for name in names where name.contains("~") {
      let size = try size(of: folder.appending(name))
      if size > furthest?.size ?? 0 { furthest = (name, size) }
    }
    return furthest?.name
  }

  private func takeOver(
    _ name: String, in folder: FilePath, as own: FilePath, unless stop: StopCheck
  ) throws {
    let path = folder.appending(name)
    if name.hasPrefix(Store.leftPrefix) || Store.owner(of: name)?.isGone == true {
      return try fileSystem.move(path, to: own)
    }
    try makeFolder(own)
    for file in try fileSystem.names(in: path) {
      try fileSystem.copy(path.appending(file), to: own.appending(file), unless: stop)
    }
  }

  private static let leftPrefix = "left~"

  /// Leaves a stage's folder to the next owner; it must not be written to any more.
  package func leaveUnfinishedWork(
    _ folder: FilePath, of claim: StageClaim
  ) throws(DiagnosticError) {
    guard try fileSystem.exists(folder) else { return }
    guard try stands(claim), try !fileSystem.names(in: folder).isEmpty else {
      return try removeAtOnce(folder)
    }
    let number = String(UInt64.random(in: .min ... .max), radix: 36)
    let left = folder.removingLastComponent().appending("\(Store.leftPrefix)\(number)")
    do throws(DiagnosticError) { try fileSystem.move(folder, to: left) } catch {
      // Another run may have taken the stage over at this very moment.
      if try fileSystem.exists(folder) { throw error }
    }
  }

  /// Removes the unfinished work of a stage that has its result, except that of a run that has taken it over since:
  /// that run works in a folder that is made after it has the claim.
  package func removeUnfinishedWork(of claim: StageClaim) throws(DiagnosticError) {
    let all = unfinishedWork(of: claim.fingerprint)
    guard try fileSystem.exists(all) else { return }
    let names = try fileSystem.names(in: all)
    guard try stands(claim) else { return }
    for name in names { try removeAtOnce(all.appending(name)) }
    if try fileSystem.names(in: all).isEmpty { try fileSystem.remove(all) }
  }

  /// Removes the unfinished work of a stage.
  package func removeUnfinishedWork(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try removeAtOnce(unfinishedWork(of: fingerprint))
  }

  /// Whether any stage has kept something.
  package var hasUnfinishedWork: Bool {
    get throws(DiagnosticError) { try fileSystem.exists(unfinishedFolder) }
  }

  /// Whether a stage has kept something that this user may list.
  package func hasUnfinishedWork(of fingerprint: Fingerprint) throws(DiagnosticError) -> Bool {
    try !readableNames(in: unfinishedWork(of: fingerprint)).isEmpty
  }

  /// The stages with unfinished work.
  func stagesWithUnfinishedWork() throws(DiagnosticError) -> [Fingerprint] {
    try fileSystem.names(in: unfinishedFolder).compactMap { Fingerprint(hexadecimal: $0) }
  }

  /// Removes the unfinished work of stages whose artifact exists: their runs were killed in between.
  func removePassedWork() throws(DiagnosticError) {
    for fingerprint in try stagesWithUnfinishedWork() {
      guard try hasRecord(for: fingerprint), try isFree(fingerprint) else {
        continue
      }
      try removeUnfinishedWork(of: fingerprint)
    }
  }
}
