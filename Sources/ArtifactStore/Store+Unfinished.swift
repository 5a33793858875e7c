import Basics
import SystemPackage

// unfinished/<fingerprint>/   what a stage that was cut short has done; its runner knows what it means

extension Store {
  var unfinishedFolder: FilePath { root.appending("unfinished") }

  /// Where a stage that this process has claimed may keep what is not finished, for the next run to go on
  /// with. The folder may not exist yet; no other process writes there.
  package func unfinishedWork(of fingerprint: Fingerprint) -> FilePath {
    unfinishedFolder.appending(fingerprint.hexadecimal)
  }

  /// Removes what a stage has kept there.
  package func removeUnfinishedWork(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try fileSystem.remove(unfinishedWork(of: fingerprint))
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
