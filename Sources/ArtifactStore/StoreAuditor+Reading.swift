import Basics

extension StoreAuditor {
  /// Finds results computed from data other than what the store has now, by the digests in their records, and
  /// everything computed from those results.
  mutating func examineReading() throws(DiagnosticError) {
    let store = store
    let records: [StageRecord]
    do throws(DiagnosticError) { records = try store.records() } catch {
      // Found with the records.
      guard error.makesUnreadable else { throw error }
      return
    }
    let sources = Dictionary(
      records.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
    var problems: [Fingerprint: String] = [:]
    var dependents: [Fingerprint: [StageRecord]] = [:]
    for record in records {
      for input in record.sources.values { dependents[input, default: []].append(record) }
      guard let source = record.otherwiseRead(among: sources) else { continue }
      // Either may have been replaced between the two reads.
      guard try store.record(for: record.fingerprint) == .found(record),
        let known = sources[source.fingerprint],
        try store.record(for: source.fingerprint) == .found(known)
      else { continue }
      problems[record.fingerprint] =
        "it was computed from another '\(source.file)' of stage '\(source.stage)' than the store has now"
    }
    var open = records.filter { problems[$0.fingerprint] != nil }
    while let doubtful = open.popLast() {
      for record in dependents[doubtful.fingerprint] ?? []
      where problems[record.fingerprint] == nil {
        problems[record.fingerprint] =
          "it was computed from the result of stage '\(doubtful.stage)', which cannot be relied on"
        open.append(record)
      }
    }
    for record in records {
      guard let problem = problems[record.fingerprint] else { continue }
      find(record.place, problem) {
        () throws(DiagnosticError) in
        try store.setAsideRecord(of: record.fingerprint, since: problem)
      }
    }
  }
}

extension StageRecord {
  /// The first file from which this result was computed and which its stage now has with different content.
  fileprivate func otherwiseRead(
    among records: [Fingerprint: StageRecord]
  ) -> (fingerprint: Fingerprint, stage: String, file: String)? {
    for (role, input) in sources.sorted(by: { $0.key < $1.key }) {
      guard let source = records[input], let files = read?[role] else { continue }
      for (name, digest) in files.sorted(by: { $0.key < $1.key })
      where source.outputs[name]?.digest != digest {
        return (input, source.stage, name)
      }
    }
    return nil
  }
}
