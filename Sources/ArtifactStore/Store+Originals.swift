import Basics
import Glibc
import SystemPackage

// Stages with different settings may have the same outputs. The first of them is the original of the others: its
// fingerprint stands for all of them in the fingerprints of stages that read them, so that these do not run again.

extension Store {
  var originalsFolder: FilePath { root.appending("originals") }

  func originalPath(_ fingerprint: Fingerprint) -> FilePath {
    originalsFolder.appending("\(fingerprint.hexadecimal).json")
  }

  /// The stage whose outputs a stage has repeated.
  ///
  /// - Returns: the stage itself if it was the first to have its outputs; `nil` if it has neither a record nor a note of
  ///   an original.
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package func original(of fingerprint: Fingerprint) throws(DiagnosticError) -> Fingerprint? {
    switch note(at: originalPath(fingerprint)) {
    case .found(let note):
      if let original = Store.original(in: note, of: fingerprint) { return original }
    case .absent:
      return try usableRecord(for: fingerprint)?.fingerprint
    case .damaged:
      break
    }
    // A damaged note is determined again.
    guard let record = try usableRecord(for: fingerprint) else { return nil }
    return try earlier(like: record) ?? fingerprint
  }

  private func usableRecord(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> StageRecord? {
    guard case .found(let record) = try record(for: fingerprint) else { return nil }
    return record
  }

  /// The original that a note names.
  static func original(in note: Value, of fingerprint: Fingerprint) -> Fingerprint? {
    guard note["fingerprint"]?.asString == fingerprint.hexadecimal else { return nil }
    return note["original"]?.asString.flatMap { Fingerprint(hexadecimal: $0) }
  }

  /// Notes the stage whose outputs a stage repeats.
  package func setOriginal(
    _ original: Fingerprint, of fingerprint: Fingerprint
  ) throws(DiagnosticError) {
    try keep(
      [
        "fingerprint": .string(fingerprint.hexadecimal), "original": .string(original.hexadecimal),
      ], at: originalPath(fingerprint))
  }

  /// Notes the original of a record that is about to be written, if an earlier stage of its kind had the same outputs.
  func noteOriginal(of record: StageRecord) throws(DiagnosticError) {
    if let original = try earlier(like: record) {
      try setOriginal(original, of: record.fingerprint)
    }
  }

  /// The original of the earliest other record of the same kind with the same outputs; `nil` if there is none.
  private func earlier(like record: StageRecord) throws(DiagnosticError) -> Fingerprint? {
    let equal = try records(ofKind: record.kind).filter {
      $0.fingerprint != record.fingerprint && $0.outputs == record.outputs
    }
    let first = equal.min {
      ($0.started, $0.fingerprint.hexadecimal) < ($1.started, $1.fingerprint.hexadecimal)
    }
    guard let first else { return nil }
    guard case .found(let note) = note(at: originalPath(first.fingerprint)) else {
      return first.fingerprint
    }
    return Store.original(in: note, of: first.fingerprint) ?? first.fingerprint
  }

  func forgetOriginal(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try fileSystem.remove(originalPath(fingerprint))
  }

  /// The stages whose original is noted.
  func stagesWithOriginals() throws(DiagnosticError) -> [Fingerprint] {
    try fileSystem.names(in: originalsFolder).compactMap { name in
      name.hasSuffix(".json") ? Fingerprint(hexadecimal: String(name.dropLast(5))) : nil
    }
  }

  /// The readable records of a kind of stage, in no particular order. Reads all records, but parses only these.
  ///
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package func records(ofKind kind: String) throws(DiagnosticError) -> [StageRecord] {
    let mark = Array("\"kind\":\(Value.string(kind).json())".utf8)
    var found: [StageRecord] = []
    for fingerprint in try recordedStages() {
      let bytes: [UInt8]
      do throws(DiagnosticError) {
        guard let read = try fileSystem.contents(of: recordPath(fingerprint)) else { continue }
        bytes = read
      } catch {
        guard error.indicatesDamage else { throw error }
        continue
      }
      guard bytes.contains(mark), let record = try? StageRecord(json: bytes),
        record.kind == kind, record.fingerprint == fingerprint
      else { continue }
      found.append(record)
    }
    return found
  }
}

extension [UInt8] {
  /// Whether some bytes occur in these.
  fileprivate func contains(_ part: [UInt8]) -> Bool {
    withUnsafeBytes { all in
      guard let start = all.baseAddress, let first = part.first else { return false }
      var position = 0
      while position + part.count <= all.count,
        let found = memchr(start + position, Int32(first), all.count - part.count - position + 1)
      {
        position = start.distance(to: UnsafeRawPointer(found))
        if memcmp(found, part, part.count) == 0 { return true }
        position += 1
      }
      return false
    }
  }
}
