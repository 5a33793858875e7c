import Basics
import SystemPackage

/// What may go from a store: decided first, so that it can be shown, and removed then.
package struct StoreCleaning: Sendable {
  /// Results that nothing wants any more.
  package var records: [StageRecord] = []
  /// Objects of these results alone, or of none.
  package var objects: [StoredObject] = []
  /// States of trainings that are finished, or that nothing wants any more.
  package var checkpoints: [Checkpoint] = []
  /// Work of stages that are finished, or that nothing wants any more.
  package var unfinished: [Fingerprint] = []
  /// Notes of how stages failed that nothing wants any more.
  package var setbacks: [Fingerprint] = []
  /// Files of activations of frozen layers, which can be computed again.
  package var activations: [FilePath] = []
  /// Workspaces of processes that are gone.
  package var workspaces: [FilePath] = []
  /// What was found damaged and set aside.
  package var damaged: [FilePath] = []
  /// Records that cannot be read: as long as there are any, no result and no object goes, since they alone may
  /// tell what is needed.
  package var unreadableRecords = 0
  /// What all of it takes, in bytes.
  package var bytes = 0
  /// What else is not needed, but too young to be removed, in bytes.
  package var laterBytes = 0
  /// How old that has to be, in seconds.
  package var grace: Double

  package var isEmpty: Bool {
    records.isEmpty && objects.isEmpty && checkpoints.isEmpty && unfinished.isEmpty
      && setbacks.isEmpty && activations.isEmpty && workspaces.isEmpty && damaged.isEmpty
  }
}

/// What is to be kept of a store.
package struct StoreRetention: Sendable {
  /// Stages to keep, with all that they read; `nil` where no pipeline tells which are wanted.
  package var wanted: Set<Fingerprint>?
  /// Results that are younger, in seconds, are kept with all that they read; `nil` where age does not matter.
  package var age: Double?
  /// Stages that runs are using at the moment.
  package var used: Set<Fingerprint>
  /// Objects and states that were written or found useful within so many seconds are never removed: a run may be about
  /// to name them.
  package var grace: Double

  /// An hour.
  package static let usualGrace = 3600.0

  package init(
    wanted: Set<Fingerprint>?, age: Double?, used: Set<Fingerprint>, grace: Double = usualGrace
  ) {
    self.wanted = wanted
    self.age = age
    self.used = used
    self.grace = grace
  }

  /// Whether every result is kept, since nothing tells which are not wanted.
  var keepsAll: Bool { wanted == nil && age == nil }
}

extension Store {
  /// Seconds after which another machine's process that shows nothing is taken to be gone, without watching it.
  static let longestSilence = 86_400.0

  /// What may go, if no more than `retention` is kept. Removes nothing.
  ///
  /// - Parameter now: seconds since 1970.
  package func cleaning(
    keeping retention: StoreRetention, now: Double
  ) throws(DiagnosticError) -> StoreCleaning {
    try checkFormat()
    var cleaning = StoreCleaning(grace: retention.grace)
    var records: [Fingerprint: StageRecord] = [:]
    for fingerprint in try recordedStages() {
      switch try record(for: fingerprint) {
      case .found(let record): records[fingerprint] = record
      case .unusable: cleaning.unreadableRecords += 1
      case .absent: break
      }
    }
    let isKnown = cleaning.unreadableRecords == 0
    let kept = isKnown ? try kept(of: records, retention, now) : Set(records.keys)
    cleaning.records = records.values.filter { !kept.contains($0.fingerprint) }.sorted {
      ($0.pipeline, $0.stage, $0.fingerprint.hexadecimal)
        < ($1.pipeline, $1.stage, $1.fingerprint.hexadecimal)
    }
    for record in cleaning.records {
      cleaning.bytes += try size(of: recordPath(record.fingerprint))
    }
    let named = Set(
      records.values.filter { kept.contains($0.fingerprint) }
        .flatMap { $0.outputs.values.map(\.digest) })
    for object in try storedObjects() where isKnown && !named.contains(object.digest) {
      guard try isOld(objectPath(object.digest), retention.grace, now: now) else {
        cleaning.laterBytes += object.size
        continue
      }
      cleaning.objects.append(object)
      cleaning.bytes += object.size
    }
    for trajectory in try trajectories() {
      for checkpoint in try checkpoints(on: trajectory)
      where try isUseless(checkpoint, kept, retention, records, now: now) {
        cleaning.checkpoints.append(checkpoint)
        cleaning.bytes += try size(of: checkpoint.path)
      }
    }
    for fingerprint in try stagesWithUnfinishedWork() where try isFree(fingerprint) {
      let path = unfinishedWork(of: fingerprint)
      if records[fingerprint] == nil {
        guard !retention.keepsAll, !kept.contains(fingerprint) else { continue }
        guard try isOld(path, retention, now: now) else { continue }
      }
      cleaning.unfinished.append(fingerprint)
      cleaning.bytes += try size(of: path)
    }
    for fingerprint in try stagesWithSetbacks() {
      let path = setbackPath(fingerprint)
      if records[fingerprint] == nil {
        guard !retention.keepsAll, !kept.contains(fingerprint),
          try isOld(path, retention, now: now)
        else { continue }
      }
      cleaning.setbacks.append(fingerprint)
      cleaning.bytes += try size(of: path)
    }
    // Stages that use them work on links of their own.
    for name in try fileSystem.names(in: activationsFolder) {
      let path = activationsFolder.appending(name)
      if try isOld(path, retention.grace, now: now) {
        cleaning.activations.append(path)
      } else {
        cleaning.laterBytes += try size(of: path)
      }
    }
    cleaning.workspaces = try abandonedWorkspaces() + silentWorkspaces(now: now)
    cleaning.damaged = try fileSystem.names(in: damagedFolder).map { damagedFolder.appending($0) }
    for path in cleaning.activations + cleaning.workspaces + cleaning.damaged {
      cleaning.bytes += try size(of: path)
    }
    return cleaning
  }

  /// Removes what may go. What a run has begun to use since it was looked at stays.
  package func clean(_ cleaning: StoreCleaning, now: Double) throws(DiagnosticError) {
    // Results before their objects, on the disk as well: whoever finds a record finds its objects, after a
    // power cut too.
    for record in cleaning.records { try removeRecord(for: record.fingerprint) }
    try synchronizeRecords(of: cleaning.records.map(\.fingerprint))
    for object in cleaning.objects {
      let path = objectPath(object.digest)
      guard try isOld(path, cleaning.grace, now: now) else { continue }
      let workspace = try makeWorkspace()
      let trash = workspace.appending("old")
      try fileSystem.move(path, to: trash)
      // A run may have found it useful in this instant.
      if try !isOld(trash, cleaning.grace, now: now) { try fileSystem.move(trash, to: path) }
      try removeWorkspace(workspace)
    }
    for checkpoint in cleaning.checkpoints { try removeAtOnce(checkpoint.path) }
    for fingerprint in cleaning.unfinished where try isFree(fingerprint) {
      try removeUnfinishedWork(of: fingerprint)
    }
    for fingerprint in cleaning.setbacks { try forgetSetback(of: fingerprint) }
    for path in cleaning.activations + cleaning.workspaces + cleaning.damaged {
      try fileSystem.remove(path)
    }
    try removeLeftClaims()
  }

  /// The stages whose results are kept: those wanted, young or used, and what they read, in turn.
  private func kept(
    of records: [Fingerprint: StageRecord], _ retention: StoreRetention, _ now: Double
  ) throws(DiagnosticError) -> Set<Fingerprint> {
    if retention.keepsAll { return Set(records.keys) }
    var open = Array((retention.wanted ?? []).union(retention.used))
    if let age = retention.age {
      for fingerprint in records.keys {
        if let status = try fileSystem.status(of: recordPath(fingerprint)),
          now - Double(status.modified) / 1e9 < age
        {
          open.append(fingerprint)
        }
      }
    }
    var kept: Set<Fingerprint> = []
    while let fingerprint = open.popLast() {
      guard kept.insert(fingerprint).inserted else { continue }
      open += records[fingerprint].map { Array($0.inputs.values) } ?? []
    }
    return kept
  }

  private func isUseless(
    _ checkpoint: Checkpoint, _ kept: Set<Fingerprint>, _ retention: StoreRetention,
    _ records: [Fingerprint: StageRecord], now: Double
  ) throws(DiagnosticError) -> Bool {
    let isKept = kept.contains(checkpoint.fingerprint)
    if records[checkpoint.fingerprint] != nil {
      return checkpoint.origin == .interrupted
        ? try isOld(checkpoint.path, retention.grace, now: now) : !isKept
    }
    if checkpoint.origin == .finished { return true }
    guard !retention.keepsAll, !isKept else { return false }
    return try isOld(checkpoint.path, retention, now: now)
  }

  /// Whether what nothing wants has lain there for longer than the user and a running run need it.
  private func isOld(
    _ path: FilePath, _ retention: StoreRetention, now: Double
  ) throws(DiagnosticError) -> Bool {
    guard let status = try fileSystem.status(of: path) else { return false }
    let age = now - Double(status.modified) / 1e9
    return age > max(retention.grace, retention.age ?? 0)
  }

  /// The workspaces of other machines' processes in which nothing has happened for a day, and which have no
  /// claim that lives: nobody has the time here to watch them.
  private func silentWorkspaces(now: Double) throws(DiagnosticError) -> [FilePath] {
    let live = Set(
      try holders().filter { abs(now - $0.lastSign) < Store.longestSilence }.map(\.holder.process))
    var silent: [FilePath] = []
    for name in try fileSystem.names(in: workspacesFolder) {
      let path = workspacesFolder.appending(name)
      guard let owner = Store.owner(of: name), !owner.isHere, !owner.isGone, !live.contains(owner),
        let status = try fileSystem.status(of: path, followingLinks: false),
        abs(now - Double(status.modified) / 1e9) > Store.longestSilence
      else { continue }
      silent.append(path)
    }
    return silent
  }

  private func isOld(
    _ path: FilePath, _ grace: Double, now: Double
  ) throws(DiagnosticError) -> Bool {
    guard let status = try fileSystem.status(of: path) else { return false }
    return now - Double(status.modified) / 1e9 > grace
  }
}
