import Basics

/// The disk usage of the parts of a store, in bytes.
package struct StoreUsage: Sendable {
  /// The stages of one kind of one pipeline.
  package struct Row: Hashable, Sendable {
    package var pipeline: String
    package var kind: String
    package var stages = 0
    /// The size of their objects; an object shared by several stages counts for the first.
    package var bytes = 0
  }

  /// A finished stage, and what its files take, whether others share them or not.
  package struct Result: Hashable, Sendable {
    package var stage: String
    package var pipeline: String
    package var kind: String
    package var fingerprint: Fingerprint
    package var bytes: Int
  }

  /// By pipeline, then kind.
  package var rows: [Row] = []
  /// The ten that take most, the largest first.
  package var largest: [Result] = []
  /// States of training runs, and work of other stages, that were interrupted.
  package var checkpoints = 0
  /// Cached activations of frozen layers, which can be recomputed.
  package var activations = 0
  /// Objects without a record.
  package var unreferenced = 0
  /// Damaged files that were set aside.
  package var damaged = 0
  /// Files being written by running stages, and those left by killed ones.
  package var workspaces = 0
  /// Records, logs and notes.
  package var notes = 0

  package var total: Int {
    rows.reduce(checkpoints + activations + unreferenced + damaged + workspaces + notes) {
      $0 + $1.bytes
    }
  }

  package init() {}
}

extension StoreUsage.Result: Comparable {
  fileprivate init(_ record: StageRecord) {
    self.init(
      stage: record.stage, pipeline: record.pipeline, kind: record.kind,
      fingerprint: record.fingerprint, bytes: record.outputs.values.reduce(0) { $0 + $1.size })
  }

  /// The larger comes first; of equals, the order of the names.
  package static func < (left: Self, right: Self) -> Bool {
    (right.bytes, left.pipeline, left.stage, left.fingerprint)
      < (left.bytes, right.pipeline, right.stage, right.fingerprint)
  }
}

extension StoreUsage: ValueConvertible {
  package var value: Value {
    [
      "format": 1, "total": .integer(total),
      "results": .list(
        rows.map {
          [
            "pipeline": .string($0.pipeline), "kind": .string($0.kind),
            "stages": .integer($0.stages), "bytes": .integer($0.bytes),
          ]
        }),
      "largest": .list(
        largest.map {
          [
            "stage": .string($0.stage), "pipeline": .string($0.pipeline), "kind": .string($0.kind),
            "fingerprint": .string($0.fingerprint.hexadecimal), "bytes": .integer($0.bytes),
          ]
        }),
      "checkpoints": .integer(checkpoints), "activations": .integer(activations),
      "unreferenced": .integer(unreferenced),
      "damaged": .integer(damaged), "workspaces": .integer(workspaces), "notes": .integer(notes),
    ]
  }
}

extension Store {
  /// The disk usage of the store.
  package func usage() throws(DiagnosticError) -> StoreUsage {
    try checkFormat()
    var usage = StoreUsage()
    var left = Dictionary(
      try storedObjects().map { ($0.digest, $0.size) }, uniquingKeysWith: { first, _ in first })
    let records = try records()
    usage.largest = Array(records.map(StoreUsage.Result.init).sorted().prefix(10))
    for record in records {
      var bytes = 0
      for object in record.outputs.values { bytes += left.removeValue(forKey: object.digest) ?? 0 }
      if usage.rows.last?.pipeline != record.pipeline || usage.rows.last?.kind != record.kind {
        usage.rows.append(StoreUsage.Row(pipeline: record.pipeline, kind: record.kind))
      }
      usage.rows[usage.rows.count - 1].stages += 1
      usage.rows[usage.rows.count - 1].bytes += bytes
    }
    usage.unreferenced = left.values.reduce(0, +)
    usage.checkpoints = try size(of: checkpointsFolder) + size(of: unfinishedFolder)
    usage.activations = try size(of: activationsFolder)
    usage.damaged = try size(of: damagedFolder)
    usage.workspaces = try size(of: workspacesFolder)
    for folder in [
      recordsFolder, latestFolder, setbacksFolder, originalsFolder, inspectionsFolder, claimsFolder,
      logsFolder, submissionsFolder,
    ] {
      usage.notes += try size(of: folder)
    }
    return usage
  }

  /// All readable records, by pipeline, kind, and stage.
  package func records() throws(DiagnosticError) -> [StageRecord] {
    var records: [StageRecord] = []
    for fingerprint in try recordedStages() {
      if case .found(let record) = try record(for: fingerprint) { records.append(record) }
    }
    return records.sorted {
      ($0.pipeline, $0.kind, $0.stage, $0.fingerprint.hexadecimal)
        < ($1.pipeline, $1.kind, $1.stage, $1.fingerprint.hexadecimal)
    }
  }
}
