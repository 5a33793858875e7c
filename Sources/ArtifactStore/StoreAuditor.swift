import Basics
import SystemPackage

/// Walks through a store and records what has changed since it was written.
struct StoreAuditor {
  let store: Store
  let isRepairing: Bool
  private(set) var audit = StoreAudit()
  /// Objects that do not match their digest, and the type of damage.
  private var altered: [Fingerprint: ObjectDamage] = [:]

  /// What has been found to be unreadable.
  private var unreadable: Set<String> = []

  private enum ObjectDamage {
    case altered
    case unreadable(String)
  }

  init(store: Store, isRepairing: Bool) {
    self.store = store
    self.isRepairing = isRepairing
  }

  var files: any FileSystem { store.fileSystem }

  /// Records a finding, and repairs it if requested. A failed repair does not prevent others.
  mutating func find(
    _ what: String, _ damage: String, repair: () throws(DiagnosticError) -> Void
  ) {
    var finding = StoreAudit.Finding(what: what, damage: damage, state: .there)
    if isRepairing {
      do throws(DiagnosticError) {
        try repair()
        finding.state = .setAside
      } catch {
        finding.damage += "; it stays there: \(error.diagnostics.first?.message ?? "")"
      }
    }
    audit.findings.append(finding)
  }

  /// Examines a part of the store. What cannot be read of it is a finding, and the audit continues with the rest.
  mutating func examine(
    _ part: FilePath, _ body: (inout StoreAuditor) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) {
    do throws(DiagnosticError) { try body(&self) } catch {
      try findUnreadable(part, error)
    }
  }

  /// Records what cannot be read. Setting a whole folder aside would take with it what can still be read, and a file that
  /// this user may not read can be intact.
  mutating func findUnreadable(
    _ part: FilePath, _ error: DiagnosticError
  ) throws(DiagnosticError) {
    guard error.makesUnreadable else { throw error }
    let what = "file '\(name(of: part))'"
    // A folder that cannot be listed is met again with each kind of content.
    guard unreadable.insert(what).inserted else { return }
    audit.findings.append(
      StoreAudit.Finding(
        what: what,
        damage: "\(error.diagnostics.first?.message ?? "it cannot be read"); it stays there",
        state: error.deniesAccess ? .denied : .there))
  }

  /// Records a folder that is a link to nothing, which may be a disk that is not mounted.
  mutating func find(brokenLink path: FilePath) {
    audit.findings.append(
      StoreAudit.Finding(
        what: "file '\(name(of: path))'", damage: "it is a link to nothing; it stays there",
        state: .there))
  }

  /// Sets a file aside, and records the finding. A file that no longer exists is not a finding; one that this user may not
  /// read is, and stays.
  mutating func findDamaged(_ path: FilePath, _ damage: String) throws(DiagnosticError) {
    guard try !isAbsent(path) else { return }
    if let denial = denial(below: path) { return try findUnreadable(path, denial) }
    let store = store
    find("file '\(name(of: path))'", damage) { () throws(DiagnosticError) in
      try store.setAside(path)
    }
  }

  /// A path relative to the store's folder.
  private func name(of path: FilePath) -> String {
    var name = path
    _ = name.removePrefix(store.root)
    return name.string
  }

  /// The first error by which the system denies this user a file, or one in a folder; `nil` if there is none.
  func denial(below path: FilePath) -> DiagnosticError? {
    do throws(DiagnosticError) {
      switch try files.status(of: path)?.kind {
      case .file?: _ = try files.start(of: path, count: 1)
      case .folder?:
        for name in try files.names(in: path) {
          if let denial = denial(below: path.appending(name)) { return denial }
        }
      default: break
      }
      return nil
    } catch {
      return error.deniesAccess ? error : nil
    }
  }

  mutating func countNote() { audit.notes += 1 }

  mutating func countMissing(_ results: Int) { audit.missing += results }

  /// Whether there is no entry; one that cannot be looked at counts as there.
  private func isAbsent(_ path: FilePath) throws(DiagnosticError) -> Bool {
    do throws(DiagnosticError) {
      return try files.status(of: path, followingLinks: false) == nil
    } catch {
      guard error.makesUnreadable else { throw error }
      return false
    }
  }

  /// The entries of a folder of the store, without hidden ones, which file systems and writers create temporarily.
  func entries(of folder: FilePath) throws(DiagnosticError) -> [(name: String, path: FilePath)] {
    try files.names(in: folder).filter { !$0.hasPrefix(".") }.map { ($0, folder.appending($0)) }
  }

  // MARK: - Objects and records

  mutating func examineObjects(
    _ progress: (_ read: Int, _ total: Int) -> Void
  ) throws(DiagnosticError) {
    var total = 0
    // What cannot be listed is found below.
    if let objects = try? store.storedObjects() { total = objects.reduce(0) { $0 + $1.size } }
    for shard in try entries(of: store.objectsFolder) {
      try examine(shard.path) { (auditor) throws(DiagnosticError) in
        try auditor.examineObjects(in: shard.path) { progress($0, max(total, $0)) }
      }
    }
  }

  private mutating func examineObjects(
    in shard: FilePath, _ progress: (_ read: Int) -> Void
  ) throws(DiagnosticError) {
    guard try isFolder(shard) else { return try findDamaged(shard, "no object has this name") }
    for (name, path) in try entries(of: shard) {
      guard let digest = Fingerprint(hexadecimal: name), store.objectPath(digest) == path else {
        try findDamaged(path, "no object has this name")
        continue
      }
      try examine(path) { (auditor) throws(DiagnosticError) in
        try auditor.examineObject(digest, at: path)
      }
      progress(audit.bytes)
    }
  }

  private mutating func examineObject(
    _ digest: Fingerprint, at path: FilePath
  ) throws(DiagnosticError) {
    do throws(DiagnosticError) {
      guard let status = try files.status(of: path, followingLinks: false) else { return }
      audit.objects += 1
      guard status.kind == .file else {
        altered[digest] = .unreadable("it is not a file")
        return
      }
      audit.bytes += status.size
      if try files.digest(of: path).digest != digest { altered[digest] = .altered }
    } catch {
      guard try !isAbsent(path) else { return }
      altered[digest] = .unreadable(try error.reasonOfDamage)
    }
  }

  mutating func examineRecords() throws(DiagnosticError) {
    var named: Set<Fingerprint> = []
    for shard in try entries(of: store.recordsFolder) {
      try examine(shard.path) { (auditor) throws(DiagnosticError) in
        try auditor.examineRecords(in: shard.path, &named)
      }
    }
    let store = store
    for (digest, damage) in altered.sorted(by: { $0.key < $1.key }) {
      let path = store.objectPath(digest)
      if named.contains(digest) {
        if isRepairing { _ = try? store.setAside(path) }
        continue
      }
      let text =
        switch damage {
        case .altered: "its content has changed"
        case .unreadable(let reason): "it cannot be read: \(reason)"
        }
      find("object \(digest.short)", "\(text), and no result needs it") {
        () throws(DiagnosticError) in try store.setAside(path)
      }
    }
  }

  /// - Parameter named: receives the damaged objects of the records.
  private mutating func examineRecords(
    in shard: FilePath, _ named: inout Set<Fingerprint>
  ) throws(DiagnosticError) {
    guard try isFolder(shard) else { return try findDamaged(shard, "no record has this name") }
    for (name, path) in try entries(of: shard) {
      guard name.hasSuffix(".json"),
        let fingerprint = Fingerprint(hexadecimal: String(name.dropLast(5))),
        store.recordPath(fingerprint) == path
      else {
        try findDamaged(path, "no record has this name")
        continue
      }
      try examine(path) { (auditor) throws(DiagnosticError) in
        try auditor.examineRecord(of: fingerprint, &named)
      }
    }
    // Results are removed before their objects, on disk too.
    if isRepairing { try files.synchronizeNames(in: shard) }
  }

  /// - Parameter named: receives the damaged objects of the record.
  private mutating func examineRecord(
    of fingerprint: Fingerprint, _ named: inout Set<Fingerprint>
  ) throws(DiagnosticError) {
    let what: String
    var damages: [ArtifactDamage] = []
    switch try store.record(for: fingerprint) {
    case .absent: return
    case .unusable(let damage):
      what = "record \(fingerprint.short)"
      damages = [damage]
    case .found(let record):
      what = record.place
      for (name, object) in record.outputs.sorted(by: { $0.key < $1.key }) {
        switch altered[object.digest] {
        case .altered?: damages.append(.outputAltered(name))
        case .unreadable(let reason)?: damages.append(.outputUnreadable(name, reason))
        case nil:
          var probe = ArtifactProbe(store)
          do throws(DiagnosticError) {
            if let damage = try probe.damage(of: [NamedObject(name: name, object: object)]) {
              damages.append(damage)
            }
          } catch {
            // Found with the objects.
            guard error.deniesAccess else { throw error }
          }
        }
        if altered[object.digest] != nil { named.insert(object.digest) }
      }
      if record.outputs.values.contains(where: { altered[$0.digest] != nil }) { audit.hidden += 1 }
    }
    audit.records += 1
    // A run may have replaced or removed it since.
    guard let first = damages.first,
      try !isAbsent(store.recordPath(fingerprint))
    else { return }
    let store = store
    find(what, "\(first)") { () throws(DiagnosticError) in
      try store.setAsideRecord(of: fingerprint, since: "\(first)")
    }
    for damage in damages.dropFirst() { find(what, "\(damage)") {} }
  }

  func isFolder(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try files.status(of: path).map { $0.kind == .folder } ?? true
  }

  // MARK: - States of trainings

  mutating func examineCheckpoints() throws(DiagnosticError) {
    for (name, folder) in try entries(of: store.checkpointsFolder) {
      try examine(folder) { (auditor) throws(DiagnosticError) in
        guard Fingerprint(hexadecimal: name) != nil, try auditor.isFolder(folder) else {
          return try auditor.findDamaged(folder, "no training run has states of this name")
        }
        for (name, path) in try auditor.entries(of: folder) {
          try auditor.examineState(name, at: path)
        }
      }
    }
  }

  private mutating func examineState(
    _ name: String, at path: FilePath
  ) throws(DiagnosticError) {
    let isNote = name.hasSuffix(".json")
    guard let state = Checkpoint.Name(isNote ? String(name.dropLast(5)) : name) else {
      return try findDamaged(path, "no state of a training run has this name")
    }
    guard !isNote else { return try examineNote(at: path) { $0["stage"]?.asString != nil } }
    try examineState(state, at: path)
  }

  private mutating func examineState(
    _ state: Checkpoint.Name, at path: FilePath
  ) throws(DiagnosticError) {
    let checkpoint = Checkpoint(
      mark: state.mark, fingerprint: state.fingerprint, stage: "", origin: .interrupted, path: path)
    audit.checkpoints += 1
    audit.bytes += try store.size(of: path)
    guard try store.verified(checkpoint) == nil, try !isAbsent(path) else { return }
    if let denial = denial(below: path) { return try findUnreadable(path, denial) }
    var stage = "\(state.fingerprint.short)"
    if case .found(let note) = store.note(at: path.appending(Store.checkpointIndex)) {
      stage = note["stage"]?.asString.map { "'\($0)'" } ?? stage
    }
    let store = store
    find(
      "checkpoint of stage \(stage) at iteration \(state.mark.iteration)",
      "a file of it is missing or has changed"
    ) { () throws(DiagnosticError) in try store.removeAtOnce(path) }
  }
}
