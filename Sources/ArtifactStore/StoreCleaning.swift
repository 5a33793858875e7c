import Basics
import SystemPackage

/// What may be removed from a store: decided first, so that it can be shown, and removed later.
package struct StoreCleaning: Sendable {
  /// Results that are no longer needed.
  package var records: [StageRecord] = []
  /// Objects that only these results need, or none.
  package var objects: [StoredObject] = []
  /// States of training runs that are finished or no longer needed.
  package var checkpoints: [Checkpoint] = []
  /// Unfinished work of stages that are finished or no longer needed.
  package var unfinished: [Fingerprint] = []
  /// Notes of how stages failed that nothing wants any more.
  package var setbacks: [Fingerprint] = []
  /// Stages that are gone, of which it was noted whose outputs they have repeated.
  package var originals: [Fingerprint] = []
  /// Submissions to a cluster that are over, with the output of their jobs.
  package var submissions: [String] = []
  /// Cached activations of frozen layers, which can be recomputed.
  package var activations: [FilePath] = []
  /// Workspaces of dead processes.
  package var workspaces: [FilePath] = []
  /// Damaged files that were set aside.
  package var damaged: [FilePath] = []
  /// The number of unreadable records. If there are any, no result and no object is removed, since only those records
  /// may state what is needed.
  package var unreadableRecords = 0
  /// The number of submissions whose note is damaged: likewise, only it may state what queued jobs need.
  package var unreadableSubmissions = 0
  /// The number of runs of which it is unknown what they need: likewise.
  package var unknownRuns = 0
  /// The total size in bytes.
  package var bytes = 0
  /// The size of what else is not needed but too recent to be removed, in bytes.
  package var laterBytes = 0
  /// The minimum age for removal, in seconds.
  package var grace: Double

  package var isEmpty: Bool {
    records.isEmpty && objects.isEmpty && checkpoints.isEmpty && unfinished.isEmpty
      && setbacks.isEmpty && originals.isEmpty && submissions.isEmpty && activations.isEmpty
      && workspaces.isEmpty && damaged.isEmpty
  }
}

/// What to keep in a store.
package struct StoreRetention: Sendable {
  /// Stages to keep, with everything that they read; `nil` if no pipelines are given.
  package var wanted: Set<Fingerprint>?
  /// More recent results, in seconds, are kept with everything that they read; `nil` if age does not matter.
  package var age: Double?
  /// Stages that runs are currently using.
  package var used: Set<Fingerprint>
  /// The number of runs that may be alive and do not say what they use.
  package var unknownRuns: Int
  /// Objects and states written or used within this number of seconds are never removed, since a run may be about to
  /// reference them.
  package var grace: Double

  /// An hour.
  package static let usualGrace = 3600.0

  package init(
    wanted: Set<Fingerprint>?, age: Double?, used: Set<Fingerprint>, unknownRuns: Int = 0,
    grace: Double = usualGrace
  ) {
    self.wanted = wanted
    self.age = age
    self.used = used
    self.unknownRuns = unknownRuns
    self.grace = grace
  }

  /// Whether every result is kept, since neither pipelines nor an age are given.
  var keepsAll: Bool { wanted == nil && age == nil }
}

extension Store {
  /// The time in seconds without a sign of life after which another machine's process counts as dead, without
  /// watching it.
  package static let longestSilence = 86_400.0
  /// The time in seconds for which the output of jobs that are over is kept, unless the user states an age.
  static let longestRecall = 30 * 86_400.0

  /// What may be removed if only `retention` is kept. Removes nothing.
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
    for id in try submissionIDs() {
      if case .damaged = note(at: submissionPath(id)) { cleaning.unreadableSubmissions += 1 }
    }
    cleaning.unknownRuns = retention.unknownRuns
    let isKnown =
      cleaning.unreadableRecords + cleaning.unreadableSubmissions + cleaning.unknownRuns == 0
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
    for fingerprint in try stagesWithOriginals() {
      let path = originalPath(fingerprint)
      guard !retention.keepsAll, isKnown, !kept.contains(fingerprint),
        try isOld(path, retention, now: now)
      else { continue }
      cleaning.originals.append(fingerprint)
      cleaning.bytes += try size(of: path)
    }
    for id in try submissionIDs() where submission(id)?["over"] == true {
      let path = submissionFolder(id)
      guard try isOld(path, max(retention.age ?? Store.longestRecall, retention.grace), now: now)
      else { continue }
      cleaning.submissions.append(id)
      cleaning.bytes += try size(of: path)
    }
    // Stages that use them work on links of their own.
    for name in try readableNames(in: activationsFolder) {
      let path = activationsFolder.appending(name)
      if try isOld(path, retention.grace, now: now) {
        cleaning.activations.append(path)
      } else {
        cleaning.laterBytes += try size(of: path)
      }
    }
    cleaning.workspaces = try abandonedWorkspaces() + silentWorkspaces(now: now)
    cleaning.damaged = try readableNames(in: damagedFolder).map { damagedFolder.appending($0) }
    for path in cleaning.activations + cleaning.workspaces + cleaning.damaged {
      cleaning.bytes += try size(of: path)
    }
    return cleaning
  }

  /// Removes what may be removed. What a run has started to use since then remains.
  ///
  /// - Returns: what could not be removed, although all results were.
  /// - Throws: `DiagnosticError` if a result or an object cannot be removed.
  package func clean(
    _ cleaning: StoreCleaning, now: Double
  ) throws(DiagnosticError) -> [Diagnostic] {
    // Results are removed before their objects, on disk too: a record always has its objects, even after a power cut.
    for record in cleaning.records { try removeRecord(for: record.fingerprint) }
    try synchronizeRecords(of: cleaning.records.map(\.fingerprint))
    for object in cleaning.objects {
      let path = objectPath(object.digest)
      guard try isOld(path, cleaning.grace, now: now) else { continue }
      let workspace = try makeWorkspace()
      let trash = workspace.appending("old")
      try fileSystem.move(path, to: trash)
      // A run may have started to use it at this very moment.
      if try !isOld(trash, cleaning.grace, now: now) { try fileSystem.move(trash, to: path) }
      try removeWorkspace(workspace)
    }
    var failures: [Diagnostic] = []
    // Nothing else depends on it, so the rest goes all the same.
    func attempt(_ body: () throws(DiagnosticError) -> Void) {
      do throws(DiagnosticError) { try body() } catch { failures += error.diagnostics }
    }
    for checkpoint in cleaning.checkpoints {
      attempt { () throws(DiagnosticError) in try removeAtOnce(checkpoint.path) }
    }
    for fingerprint in cleaning.unfinished {
      attempt { () throws(DiagnosticError) in
        if try isFree(fingerprint) { try removeUnfinishedWork(of: fingerprint) }
      }
    }
    for fingerprint in cleaning.setbacks {
      attempt { () throws(DiagnosticError) in try forgetSetback(of: fingerprint) }
    }
    for fingerprint in cleaning.originals {
      attempt { () throws(DiagnosticError) in try forgetOriginal(of: fingerprint) }
    }
    for id in cleaning.submissions {
      attempt { () throws(DiagnosticError) in try removeSubmission(id) }
    }
    for path in cleaning.activations + cleaning.workspaces + cleaning.damaged {
      attempt { () throws(DiagnosticError) in try fileSystem.remove(path) }
    }
    attempt { () throws(DiagnosticError) in try removeLeftClaims() }
    return failures
  }

  /// The stages whose results are kept: those needed, recent or in use, and, recursively, what they read.
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

  /// Whether an unneeded item is older than both the user and running runs require.
  private func isOld(
    _ path: FilePath, _ retention: StoreRetention, now: Double
  ) throws(DiagnosticError) -> Bool {
    guard let status = try fileSystem.status(of: path) else { return false }
    let age = now - Double(status.modified) / 1e9
    return age > max(retention.grace, retention.age ?? 0)
  }

  /// The workspaces of other machines' processes without any activity for a day and without a live claim: there is no
  /// time to watch them here.
  private func silentWorkspaces(now: Double) throws(DiagnosticError) -> [FilePath] {
    let live = Set(
      try holders().filter { abs(now - $0.lastSign) < Store.longestSilence }.map(\.holder.process))
    var silent: [FilePath] = []
    for name in try readableNames(in: workspacesFolder) {
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
