import Basics
import SystemPackage

/// Walks through a store and records what has changed since it was written.
struct StoreAuditor {
  let store: Store
  let isRepairing: Bool
  private(set) var audit = StoreAudit()
  /// Objects that do not match their digest, and the type of damage.
  private var altered: [Fingerprint: ObjectDamage] = [:]

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
    var finding = StoreAudit.Finding(what: what, damage: damage)
    if isRepairing {
      do throws(DiagnosticError) { try repair() } catch {
        finding.damage += "; it stays there: \(error.diagnostics.first?.message ?? "")"
      }
    }
    audit.findings.append(finding)
  }

  /// Sets a file aside, and records the finding. A file that no longer exists is not a finding.
  mutating func findDamaged(_ path: FilePath, _ damage: String) throws(DiagnosticError) {
    guard try files.status(of: path, followingLinks: false) != nil else { return }
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

  mutating func countNote() { audit.notes += 1 }

  /// The entries of a folder of the store, without hidden ones, which file systems and writers create temporarily.
  func entries(of folder: FilePath) throws(DiagnosticError) -> [(name: String, path: FilePath)] {
    try files.names(in: folder).filter { !$0.hasPrefix(".") }.map { ($0, folder.appending($0)) }
  }

  // MARK: - Objects and records

  mutating func examineObjects(
    _ progress: (_ read: Int, _ total: Int) -> Void
  ) throws(DiagnosticError) {
    let total = try store.storedObjects().reduce(0) { $0 + $1.size }
    for shard in try entries(of: store.objectsFolder) {
      guard try isFolder(shard.path) else {
        try findDamaged(shard.path, "no object has this name")
        continue
      }
      for (name, path) in try entries(of: shard.path) {
        guard let digest = Fingerprint(hexadecimal: name), store.objectPath(digest) == path else {
          try findDamaged(path, "no object has this name")
          continue
        }
        try examineObject(digest, at: path)
        progress(audit.bytes, total)
      }
    }
  }

  private mutating func examineObject(
    _ digest: Fingerprint, at path: FilePath
  ) throws(DiagnosticError) {
    guard let status = try files.status(of: path, followingLinks: false) else { return }
    audit.objects += 1
    guard status.kind == .file else {
      altered[digest] = .unreadable("it is not a file")
      return
    }
    audit.bytes += status.size
    do throws(DiagnosticError) {
      if try files.digest(of: path).digest != digest { altered[digest] = .altered }
    } catch {
      guard try files.exists(path) else { return }
      guard error.tellsOfDamage else { throw error }
      altered[digest] = .unreadable(error.diagnostics.first?.message ?? "")
    }
  }

  mutating func examineRecords() throws(DiagnosticError) {
    var named: Set<Fingerprint> = []
    for shard in try entries(of: store.recordsFolder) {
      guard try isFolder(shard.path) else {
        try findDamaged(shard.path, "no record has this name")
        continue
      }
      for (name, path) in try entries(of: shard.path) {
        guard name.hasSuffix(".json"),
          let fingerprint = Fingerprint(hexadecimal: String(name.dropLast(5))),
          store.recordPath(fingerprint) == path
        else {
          try findDamaged(path, "no record has this name")
          continue
        }
        try examineRecord(of: fingerprint, &named)
      }
    }
    let store = store
    // Results are removed before their objects, on disk too.
    if isRepairing {
      for shard in try entries(of: store.recordsFolder) where try isFolder(shard.path) {
        try store.fileSystem.synchronizeNames(in: shard.path)
      }
    }
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
          let status = try files.status(of: store.objectPath(object.digest))
          if let status {
            if status.size != object.size {
              damages.append(.outputResized(name, expected: object.size, found: status.size))
            }
          } else {
            damages.append(.outputMissing(name))
          }
        }
        if altered[object.digest] != nil { named.insert(object.digest) }
      }
    }
    audit.records += 1
    // A run may have replaced or removed it since.
    guard let first = damages.first,
      try files.status(of: store.recordPath(fingerprint), followingLinks: false) != nil
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
      guard Fingerprint(hexadecimal: name) != nil, try isFolder(folder) else {
        try findDamaged(folder, "no training run has states of this name")
        continue
      }
      for (name, path) in try entries(of: folder) {
        let isNote = name.hasSuffix(".json")
        guard let state = Checkpoint.Name(isNote ? String(name.dropLast(5)) : name) else {
          try findDamaged(path, "no state of a training run has this name")
          continue
        }
        if isNote {
          try examineNote(at: path) { $0["stage"]?.asString != nil }
        } else {
          try examineState(state, at: path)
        }
      }
    }
  }

  private mutating func examineState(
    _ state: Checkpoint.Name, at path: FilePath
  ) throws(DiagnosticError) {
    let checkpoint = Checkpoint(
      mark: state.mark, fingerprint: state.fingerprint, stage: "", origin: .interrupted, path: path)
    audit.checkpoints += 1
    audit.bytes += try store.size(of: path)
    guard try store.verified(checkpoint) == nil, try files.exists(path) else { return }
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
