import Basics
import SystemPackage

// A store's knowledge besides results: none of it is essential, and damaged notes are ignored.

extension StoreAuditor {
  /// Compares `store.json` with the records: if only its digits may have changed, the format of the records decides.
  mutating func examineFormat() throws(DiagnosticError) {
    let store = store
    countNote()
    switch store.formatState {
    case .current, .absent:
      return
    case .other(_, let isCertain):
      if isCertain { return try store.checkFormat() }
      guard try store.hasReadableRecord else { return try store.checkFormat() }
      find("store.json", "its format is not that of the records") {
        () throws(DiagnosticError) in try store.writeFormat()
      }
    case .denied(let error):
      try findUnreadable(store.formatPath, error)
    case .damaged:
      find("store.json", "it does not state the format of the store") {
        () throws(DiagnosticError) in try store.writeFormat()
      }
    }
  }

  mutating func examineNote(
    at path: FilePath, isRight: (Value) -> Bool
  ) throws(DiagnosticError) {
    countNote()
    switch store.note(at: path) {
    case .absent: return
    case .found(let note) where isRight(note): return
    case .found: try findDamaged(path, "it belongs to another place")
    case .damaged: try findDamaged(path, "it has changed since it was written")
    }
  }

  mutating func examineNotes() throws(DiagnosticError) {
    let store = store
    try examineNotes(in: store.inspectionsFolder) { _, path, note in
      note["key"]?.asString.map { store.inspectionPath($0) == path } ?? false
    }
    try examineNotes(in: store.setbacksFolder) { _, path, note in
      guard Setback(note) != nil, let text = note["fingerprint"]?.asString,
        let fingerprint = Fingerprint(hexadecimal: text)
      else { return false }
      return store.setbackPath(fingerprint) == path
    }
    try examineNotes(in: store.originalsFolder) { name, path, note in
      guard let fingerprint = Fingerprint(hexadecimal: String(name.dropLast(5))) else {
        return false
      }
      return store.originalPath(fingerprint) == path
        && Store.original(in: note, of: fingerprint) != nil
    }
    try examine(store.submissionsFolder) { (auditor) throws(DiagnosticError) in
      for (name, _) in try auditor.entries(of: store.submissionsFolder) {
        try auditor.examineNote(at: store.submissionPath(name)) { $0["id"]?.asString == name }
      }
    }
    var latest: Set<Fingerprint> = []
    try examine(store.latestFolder) { (auditor) throws(DiagnosticError) in
      for (_, folder) in try auditor.entries(of: store.latestFolder) {
        guard try auditor.isFolder(folder) else {
          try auditor.findDamaged(folder, "no pipeline has this name")
          continue
        }
        try auditor.examineNotes(in: folder) { _, path, note in
          guard let pipeline = note["pipeline"]?.asString, let stage = note["stage"]?.asString,
            let text = note["fingerprint"]?.asString,
            let fingerprint = Fingerprint(hexadecimal: text),
            store.latestPath(of: stage, in: pipeline) == path
          else { return false }
          latest.insert(fingerprint)
          return true
        }
      }
    }
    do throws(DiagnosticError) {
      countMissing(latest.subtracting(try store.recordedStages()).count)
    } catch {
      // Found with the records.
      guard error.makesUnreadable else { throw error }
    }
  }

  /// Examines all notes of a folder.
  private mutating func examineNotes(
    in folder: FilePath, isRight: (_ name: String, _ path: FilePath, _ note: Value) -> Bool
  ) throws(DiagnosticError) {
    try examine(folder) { (auditor) throws(DiagnosticError) in
      for (name, path) in try auditor.entries(of: folder) {
        try auditor.examineNote(at: path) { isRight(name, path, $0) }
      }
    }
  }

  /// Reads logs as far as possible. Their lines are not synced, since nothing depends on them, and a power cut may
  /// truncate or lose some.
  mutating func examineLogs() throws(DiagnosticError) {
    for (_, path) in try entries(of: store.logsFolder) {
      countNote()
      if try readable(path) == nil { try findDamaged(path, "it cannot be read") }
    }
  }

  /// Claims that do not state their owner and show no heartbeat.
  mutating func examineClaims() throws(DiagnosticError) {
    let store = store
    for (name, path) in try entries(of: store.claimsFolder) {
      countNote()
      let bytes = try readable(path)
      if let bytes, ClaimHolder.owner(of: bytes) != nil { continue }
      if let fingerprint = Fingerprint(hexadecimal: name), bytes != nil,
        try !store.isFree(fingerprint)
      {
        continue
      }
      try findDamaged(path, "it does not state who computes the stage")
    }
  }

  /// Files of activations end with the digest of all preceding bytes.
  mutating func examineActivations() throws(DiagnosticError) {
    for (_, path) in try entries(of: store.activationsFolder) {
      countNote()
      let found: (digest: Fingerprint, end: [UInt8])
      do throws(DiagnosticError) {
        found = try digestBeforeEnd(of: path)
      } catch {
        if error.makesUnreadable { try findDamaged(path, "it cannot be read") }
        continue
      }
      if !found.end.elementsEqual(found.digest.hexadecimal.utf8) {
        try findDamaged(path, "its content has changed")
      }
    }
  }

  /// The digest of a file without its last 64 bytes, and these bytes.
  private func digestBeforeEnd(
    of path: FilePath
  ) throws(DiagnosticError) -> (digest: Fingerprint, end: [UInt8]) {
    let length = 64
    var hasher = ContentHasher()
    var end: [UInt8] = []
    try files.read(path) { piece in
      let kept = max(0, length - piece.count)
      let passed = Array(end.prefix(max(0, end.count - kept)))
      hasher.update(passed)
      hasher.update(UnsafeRawBufferPointer(rebasing: piece.prefix(max(0, piece.count - length))))
      end = Array(end.suffix(from: passed.count)) + Array(piece.suffix(length))
      return true
    }
    return (hasher.finalized(), end)
  }

  /// The bookmarks of interrupted work; a run that resumes compares the work itself with them.
  mutating func examineUnfinishedWork() throws(DiagnosticError) {
    for (name, folder) in try entries(of: store.unfinishedFolder) {
      try examine(folder) { (auditor) throws(DiagnosticError) in
        guard Fingerprint(hexadecimal: name) != nil, try auditor.isFolder(folder) else {
          return try auditor.findDamaged(folder, "no stage's work has this name")
        }
        for path in try auditor.bookmarks(below: folder) {
          auditor.countNote()
          let bytes = try auditor.readable(path)
          if bytes.flatMap({ try? Value(json: $0) }) == nil {
            try auditor.findDamaged(path, "it has changed since it was written")
          }
        }
      }
    }
  }

  private func bookmarks(below folder: FilePath) throws(DiagnosticError) -> [FilePath] {
    var found: [FilePath] = []
    for (_, path) in try entries(of: folder) {
      if try isFolder(path) {
        found += try bookmarks(below: path)
      } else if path.extension == "bookmark" {
        found.append(path)
      }
    }
    return found
  }

  /// The bytes of a small file; `nil` if they cannot be read.
  private func readable(_ path: FilePath) throws(DiagnosticError) -> [UInt8]? {
    do throws(DiagnosticError) { return try files.contents(of: path) } catch {
      guard error.makesUnreadable else { throw error }
      return nil
    }
  }
}

extension Store {
  /// Whether there is a record that this program can read.
  fileprivate var hasReadableRecord: Bool {
    get throws(DiagnosticError) {
      for shard in try fileSystem.names(in: recordsFolder) {
        for name in try fileSystem.names(in: recordsFolder.appending(shard)) {
          guard name.hasSuffix(".json"),
            let fingerprint = Fingerprint(hexadecimal: String(name.dropLast(5)))
          else { continue }
          if case .found = try record(for: fingerprint) { return true }
        }
      }
      return false
    }
  }
}
