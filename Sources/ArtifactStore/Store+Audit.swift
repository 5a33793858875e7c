import Basics
import SystemPackage

extension Store {
  /// Reads everything and compares it with what was recorded.
  ///
  /// What a run writes or removes meanwhile is no finding.
  /// - Parameters:
  ///   - isRepairing: whether to move what is damaged to `damaged/`, and with it the records of artifacts
  ///     that are not whole: their stages run again when they are next wanted.
  ///   - progress: is told the bytes read so far, and those in all.
  package func audit(
    isRepairing: Bool, progress: (_ read: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DiagnosticError) -> StoreAudit {
    try checkFormat()
    var audit = StoreAudit()
    let objects = try storedObjects()
    let total = objects.reduce(0) { $0 + $1.size }
    var altered: Set<Fingerprint> = []
    for object in objects {
      guard try fileSystem.exists(objectPath(object.digest)) else { continue }
      let found = try fileSystem.digest(of: objectPath(object.digest))
      audit.objects += 1
      audit.bytes += object.size
      if found.digest != object.digest { altered.insert(object.digest) }
      progress(audit.bytes, total)
    }
    try auditRecords(&audit, &altered, isRepairing: isRepairing)
    for digest in altered.sorted() {
      audit.findings.append(
        StoreAudit.Finding(
          what: "object \(digest.short)", damage: "its content has changed, and no result needs it")
      )
    }
    if isRepairing {
      for object in objects { try setAside(object) }
    }
    try auditCheckpoints(&audit, isRepairing: isRepairing)
    return audit
  }

  /// - Parameter altered: objects with another content than their name says; those of records are removed.
  private func auditRecords(
    _ audit: inout StoreAudit, _ altered: inout Set<Fingerprint>, isRepairing: Bool
  ) throws(DiagnosticError) {
    var named: Set<Fingerprint> = []
    var setAside: [Fingerprint] = []
    for fingerprint in try snapshot().records.sorted() {
      let what: String
      var damages: [ArtifactDamage] = []
      switch try record(for: fingerprint) {
      case .absent: continue
      case .unusable(let damage):
        what = "record \(fingerprint.short)"
        damages = [damage]
      case .found(let record):
        what = "stage '\(record.stage)' of pipeline '\(record.pipeline)'"
        for (name, object) in record.outputs.sorted(by: { $0.key < $1.key }) {
          if altered.contains(object.digest) {
            damages.append(.outputAltered(name))
            named.insert(object.digest)
          } else if try !fileSystem.exists(objectPath(object.digest)) {
            damages.append(.outputMissing(name))
          }
        }
      }
      audit.records += 1
      // A run may have replaced or removed it since.
      guard !damages.isEmpty, try fileSystem.exists(recordPath(fingerprint)) else { continue }
      for damage in damages {
        audit.findings.append(StoreAudit.Finding(what: what, damage: "\(damage)"))
      }
      if isRepairing {
        try setAsideRecord(of: fingerprint)
        setAside.append(fingerprint)
      }
    }
    try synchronizeRecords(of: setAside)
    altered.subtract(named)
  }

  private func auditCheckpoints(
    _ audit: inout StoreAudit, isRepairing: Bool
  ) throws(DiagnosticError) {
    for trajectory in try trajectories() {
      for checkpoint in try checkpoints(on: trajectory) where checkpoint.origin == .interrupted {
        audit.checkpoints += 1
        audit.bytes += try size(of: checkpoint.path)
        guard try verifiedFiles(of: checkpoint) == nil, try fileSystem.exists(checkpoint.path)
        else {
          continue
        }
        audit.findings.append(
          StoreAudit.Finding(
            what:
              "checkpoint of stage '\(checkpoint.stage)' at iteration \(checkpoint.mark.iteration)",
            damage: "a file of it is missing or has changed"))
        if isRepairing { try removeAtOnce(checkpoint.path) }
      }
    }
  }
}

// MARK: - What there is

extension Store {
  /// All objects, by digest, with the sizes that their files have.
  func storedObjects() throws(DiagnosticError) -> [StoredObject] {
    var objects: [StoredObject] = []
    for shard in try fileSystem.names(in: objectsFolder) {
      for name in try fileSystem.names(in: objectsFolder.appending(shard)) {
        guard let digest = Fingerprint(hexadecimal: name),
          let status = try fileSystem.status(of: objectPath(digest)), status.kind == .file
        else { continue }
        objects.append(StoredObject(digest: digest, size: status.size))
      }
    }
    return objects
  }

  /// All trajectories that states are kept of.
  func trajectories() throws(DiagnosticError) -> [Fingerprint] {
    try fileSystem.names(in: checkpointsFolder).compactMap { Fingerprint(hexadecimal: $0) }
  }

  /// The bytes of a file, or of all files of a folder; 0 for what is not there.
  func size(of path: FilePath) throws(DiagnosticError) -> Int {
    guard let status = try fileSystem.status(of: path, followingLinks: false) else { return 0 }
    guard status.kind == .folder else { return status.size }
    var size = 0
    for name in try fileSystem.names(in: path) { size += try self.size(of: path.appending(name)) }
    return size
  }

  /// Removes a file or folder such that nobody meets half of it.
  func removeAtOnce(_ path: FilePath) throws(DiagnosticError) {
    guard try fileSystem.status(of: path, followingLinks: false) != nil else { return }
    let workspace = try makeWorkspace()
    try fileSystem.move(path, to: workspace.appending("old"))
    try removeWorkspace(workspace)
  }
}
