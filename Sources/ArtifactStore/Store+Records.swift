import Basics
import SystemPackage

extension Store {
  /// The record of a finished stage.
  ///
  /// - Throws: `DiagnosticError` if the store cannot be read. A damaged record is not an error: the stage counts as
  ///   never run.
  package func record(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> Lookup<StageRecord> {
    let bytes: [UInt8]
    do throws(DiagnosticError) {
      guard let found = try fileSystem.contents(of: recordPath(fingerprint)) else { return .absent }
      bytes = found
    } catch {
      guard error.indicatesDamage else { throw error }
      return .unusable(.recordUnreadable(error))
    }
    do throws(ArtifactDamage) {
      let record = try StageRecord(json: bytes)
      guard record.fingerprint == fingerprint else { throw .recordOfAnotherStage }
      return .found(record)
    } catch {
      return .unusable(error)
    }
  }

  /// Whether there is a record, usable or not; not if the disk cannot look at it.
  func hasRecord(for fingerprint: Fingerprint) throws(DiagnosticError) -> Bool {
    try readableStatus(of: recordPath(fingerprint)) != nil
  }

  /// Removes the record of a finished stage. Its objects remain, since others may share them.
  package func removeRecord(for fingerprint: Fingerprint) throws(DiagnosticError) {
    try fileSystem.remove(recordPath(fingerprint))
  }

  /// Waits until the removal of records is on disk; their objects must not be removed earlier.
  func synchronizeRecords(of fingerprints: [Fingerprint]) throws(DiagnosticError) {
    for folder in Set(fingerprints.map { recordPath($0).removingLastComponent() }) {
      try fileSystem.synchronizeNames(in: folder)
    }
  }

  /// The fingerprints of all stages with a record, usable or not, with one listing of each folder of records.
  ///
  /// - Throws: `DiagnosticError` for a store of another format, or one that cannot be read.
  package func recordedStages() throws(DiagnosticError) -> Set<Fingerprint> {
    try checkFormat()
    var records: Set<Fingerprint> = []
    for shard in try fileSystem.names(in: recordsFolder) {
      for name in try fileSystem.names(in: recordsFolder.appending(shard))
      where name.hasSuffix(".json") {
        // Other names are temporary or foreign files.
        if let fingerprint = Fingerprint(hexadecimal: String(name.dropLast(5))) {
          records.insert(fingerprint)
        }
      }
    }
    return records
  }
}
