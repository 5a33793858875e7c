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

  /// Where all lies that is not finished of a stage.
  package func unfinishedWork(of fingerprint: Fingerprint) -> FilePath {
    unfinishedFolder.appending(fingerprint.hexadecimal)
  }

  /// A folder where a claimed stage may keep what is not finished, for a later run to resume: no other
  /// process ever writes there. It holds what an earlier run has left of the stage, or does not exist yet.
  ///
  /// What is copied may be in the middle of being written: whoever uses it compares it with what was noted.
  ///
  /// - Parameter isFresh: whether the stage begins anew, without what was left.
  /// - Returns: `nil` where the claim does not stand any more.
  /// - Throws: `DiagnosticError`; `Interrupted`.
  package func takeUnfinishedWork(
    for claim: StageClaim, isFresh: Bool = false, unless stop: StopCheck = .never
  ) throws -> FilePath? {
    let all = unfinishedWork(of: claim.fingerprint)
    let own = all.appending(newName())
    let names = try fileSystem.names(in: all)
    // Whatever was there while the claim stands belongs to those who had the stage before: whoever takes over
    // later makes a folder later.
    guard try stands(claim) else { return nil }
    if !isFresh, let furthest = try furthest(of: names, in: all) {
      do { try takeOver(furthest, in: all, as: own, unless: stop) } catch {
        try removeAtOnce(own)
        // What cannot be had only would have saved time: its owner may have woken up and removed it, and a
        // disk that is too full for two has room for one.
        guard error is DiagnosticError else { throw error }
      }
    }
    for name in names { try removeAtOnce(all.appending(name)) }
    return own
  }

  /// The largest of the folders: a run that was killed while it copied has left two.
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

  /// Leaves a stage's folder to whoever claims the stage next; it must not be written into any more.
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
      // Somebody may have taken the stage over in this instant.
      if try fileSystem.exists(folder) { throw error }
    }
  }

  /// Removes what a stage has kept there.
  package func removeUnfinishedWork(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try removeAtOnce(unfinishedWork(of: fingerprint))
  }

  /// Whether any stage has kept something.
  package var hasUnfinishedWork: Bool {
    get throws(DiagnosticError) { try fileSystem.exists(unfinishedFolder) }
  }

  /// Whether a stage has kept something.
  package func hasUnfinishedWork(of fingerprint: Fingerprint) throws(DiagnosticError) -> Bool {
    try !fileSystem.names(in: unfinishedWork(of: fingerprint)).isEmpty
  }

  /// The stages that have kept something.
  func stagesWithUnfinishedWork() throws(DiagnosticError) -> [Fingerprint] {
    try fileSystem.names(in: unfinishedFolder).compactMap { Fingerprint(hexadecimal: $0) }
  }

  /// Removes the work of stages whose artifact is there: their runs were killed in between.
  func removePassedWork() throws(DiagnosticError) {
    for fingerprint in try stagesWithUnfinishedWork() {
      guard try fileSystem.exists(recordPath(fingerprint)), try isFree(fingerprint) else {
        continue
      }
      try removeUnfinishedWork(of: fingerprint)
    }
  }
}
