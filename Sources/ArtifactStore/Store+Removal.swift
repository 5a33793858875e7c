import Basics
import SystemPackage

extension Store {
  /// What goes with the results of certain stages: their records, of their objects what no other record needs, and
  /// whatever lies there of them that is not finished. Removes nothing; `carryOut(_:now:)` does, whatever its
  /// age, except for what a run finds useful meanwhile.
  ///
  /// - Parameter now: seconds since 1970.
  package func removal(of stages: Set<Fingerprint>, now: Double) throws(DiagnosticError)
    -> StoreCleaning
  {
    try checkFormat()
    var removal = StoreCleaning(grace: 0)
    var candidates: [Fingerprint: StoredObject] = [:]
    var needed: Set<Fingerprint> = []
    for fingerprint in try recordedStages() {
      switch try record(for: fingerprint) {
      case .found(let record) where stages.contains(fingerprint):
        removal.records.append(record)
        removal.bytes += try size(of: recordPath(fingerprint))
        for object in record.outputs.values { candidates[object.digest] = object }
      case .found(let record): needed.formUnion(record.outputs.values.map(\.digest))
      case .unusable: removal.unreadableRecords += 1
      case .absent: break
      }
    }
    removal.records.sort { ($0.stage, $0.fingerprint) < ($1.stage, $1.fingerprint) }
    for object in candidates.values.sorted(by: { $0.digest < $1.digest }) {
      let size = try size(of: objectPath(object.digest))
      if needed.contains(object.digest) || removal.unreadableRecords > 0 {
        removal.laterBytes += size
      } else {
        removal.objects.append(object)
        removal.bytes += size
      }
    }
    for trajectory in try trajectories() {
      for state in try checkpoints(on: trajectory) where stages.contains(state.fingerprint) {
        removal.checkpoints.append(state)
        removal.bytes += try size(of: state.path)
      }
    }
    removal.unfinished = try stagesWithUnfinishedWork().filter(stages.contains)
    for fingerprint in removal.unfinished {
      removal.bytes += try size(of: unfinishedWork(of: fingerprint))
    }
    // That a stage was removed before is no part of it.
    removal.setbacks = try stagesWithSetbacks().filter { fingerprint in
      if case .removed? = setback(of: fingerprint) { return false }
      return stages.contains(fingerprint)
    }
    return removal
  }

  /// Removes results by name, and notes this of every stage that lost any work, so that plans can say so.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: what could not be removed, although all results were.
  package func carryOut(
    _ removal: StoreCleaning, now: Double
  ) throws(DiagnosticError) -> [Diagnostic] {
    let failures = try clean(removal, now: now)
    let removed = Set(removal.records.map(\.fingerprint)).union(removal.unfinished)
      .union(removal.checkpoints.map(\.fingerprint))
    // Without the note people know less, and all else is the same.
    for fingerprint in removed { try? note(.removed(at: now), of: fingerprint) }
    return failures
  }
}
