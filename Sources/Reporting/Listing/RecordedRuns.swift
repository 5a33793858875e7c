import ArtifactStore
import Basics
import Definitions
import Planning
import Results

/// What the records of a store say about its evaluations: results, and how their networks were trained.
///
/// Settings are kept in sections, each once, since the runs of a study share most of them. All of it is noted in the
/// store, so that the next listing reads only the records that are new.
package struct RecordedRuns: Sendable {
  /// An evaluation.
  struct Run: Sendable {
    var fingerprint: Fingerprint
    /// The stage's name and pipeline when it ran.
    var name: String
    var pipeline: String
    /// Positions of its sections.
    var sections: [Int]
    /// Of the training run; `nil` if its record is missing.
    var seed: Int?
    var treatment: String?
    var depth: Int?
    /// By the names of results.
    var results: [Double?]
    var didTrain: Bool
    /// Seconds since 1970.
    var started: Double
  }

  struct Section: Hashable, Sendable {
    var name: String
    var value: Value
  }

  static let resultNames = ["top1", "top5", "loss", "score", RunListing.imagesName]

  private(set) var runs: [Run] = []
  private(set) var sections: [Section] = []
  private var positions: [Fingerprint: Int] = [:]

  /// Everything about the evaluations of a store.
  ///
  /// - Parameter note: whether to note it in the store for the next time, where that is possible.
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package init(in store: Store, note: Bool = true) throws(DiagnosticError) {
    let present = try store.recordedStages()
    var known = store.inspection(for: RecordedRuns.key).flatMap(RecordedRuns.init(noted:))
    let seen = known?.seen ?? []
    if known?.runs.contains(where: { !present.contains($0.fingerprint) }) == true || known == nil
      || !seen.isSubset(of: present)
    {
      // What was removed leaves sections that nothing uses: the note is written again.
      known = known.map { $0.keeping(present) }
    }
    self = known ?? RecordedRuns()
    let unseen = present.subtracting(self.seen)
    guard !unseen.isEmpty || seen.count != self.seen.count else { return }
    var reader = Reader(store: store)
    for fingerprint in unseen.sorted(by: { $0.hexadecimal < $1.hexadecimal }) {
      // A damaged record is looked at again: its stage may run again.
      guard let record = try reader.record(fingerprint) else { continue }
      guard record.kind == StageKind.evaluate.rawValue else {
        self.seen.insert(fingerprint)
        continue
      }
      // So is the evaluation of a network whose record may still arrive.
      if try add(record, &reader) { self.seen.insert(fingerprint) }
    }
    runs.sort {
      ($0.started, $0.fingerprint.hexadecimal) < ($1.started, $1.fingerprint.hexadecimal)
    }
    if note { try? store.setInspection(noted, for: RecordedRuns.key) }
  }

  private init() {}

  /// All records that need not be looked at again.
  private var seen: Set<Fingerprint> = []

  /// Records that stages share, read once.
  private struct Reader {
    let store: Store
    private var known: [Fingerprint: StageRecord?] = [:]

    init(store: Store) { self.store = store }

    mutating func record(_ fingerprint: Fingerprint) throws(DiagnosticError) -> StageRecord? {
      guard case .found(let record) = try store.record(for: fingerprint) else { return nil }
      return record
    }

    mutating func shared(_ fingerprint: Fingerprint?) throws(DiagnosticError) -> StageRecord? {
      guard let fingerprint else { return nil }
      if let record = known[fingerprint] { return record }
      let record = try record(fingerprint)
      known.updateValue(record, forKey: fingerprint)
      return record
    }
  }

  // MARK: - From records

  /// Adds an evaluation; returns whether the records of its network are there.
  private mutating func add(
    _ record: StageRecord, _ reader: inout Reader
  ) throws(DiagnosticError) -> Bool {
    guard let result = EvaluationResult(metrics: record.metrics) else { return true }
    var isComplete = false
    var sections: [String: Value] = [:]
    for key in [SettingKey.subset, "score"] { sections[key] = record.settings[key] }
    let data = record.inputs[TrainWork.dataRole]
    if let prepared = try reader.shared(data) { sections["dataset"] = prepared.settings }
    var run = Run(
      fingerprint: record.fingerprint, name: record.stage, pipeline: record.pipeline, sections: [],
      results: [
        result.top1, result.top5, result.loss, result.score?.value, Double(result.images),
      ], didTrain: !result.didNotTrain, started: record.started)
    if let trained = try reader.shared(record.inputs[EvaluateWork.networkRole]) {
      let source = try reader.shared(trained.inputs[TrainWork.sourceRole])
      isComplete = source != nil || trained.inputs[TrainWork.sourceRole] == nil
      for (key, value) in trained.settings.asMap ?? [:] where key != RecordedRuns.seed {
        sections[key] = value
      }
      if trained.inputs[TrainWork.dataRole] != data {
        let prepared = try reader.shared(trained.inputs[TrainWork.dataRole])
        sections["measured"] = sections["dataset"]
        sections["dataset"] = prepared?.settings
      }
      if let source {
        sections[RecordedRuns.source] = try RecordedRuns.settings(of: source, &reader, depth: 0)
      }
      run.seed = trained.settings[RecordedRuns.seed]?.asInteger
      (run.treatment, run.depth) = RecordedRuns.treatment(trained, source: source)
      // What a treatment says is not said twice.
      if run.treatment?.hasSuffix("(other)") == false,
        let layers = sections.removeValue(forKey: "layers")
      {
        for (key, value) in RecordedRuns.exceptions(layers) { sections[key] = value }
      }
    }
    run.sections = sections.sorted { $0.key < $1.key }.map { position(of: $0.key, $0.value) }
    runs.append(run)
    return isComplete
  }

  private static let seed = "seed"
  /// The section with the settings of the network that layers are copied from.
  static let source = "source"
  /// Chains of transfers may be long, and end somewhere.
  private static let deepest = 100

  /// The settings of a training run with those of its sources, without seeds.
  private static func settings(
    of record: StageRecord, _ reader: inout Reader, depth: Int
  ) throws(DiagnosticError) -> Value {
    var entries = record.settings.asMap ?? [:]
    entries[seed] = nil
    if depth < deepest, let source = try reader.shared(record.inputs[TrainWork.sourceRole]) {
      entries[RecordedRuns.source] = try settings(of: source, &reader, depth: depth + 1)
    }
    return .map(entries)
  }

  /// The treatment in the paper's notation, and n.
  private static func treatment(
    _ trained: StageRecord, source: StageRecord?
  ) -> (String?, Int?) {
    guard let entries = trained.settings["layers"]?.asList else { return (Treatment.base.label, 0) }
    let layers = entries.compactMap { LayerTreatment($0) }
    guard layers.count == entries.count else { return (nil, nil) }
    let (kind, depth, preserved) = TreatmentKind.kind(of: layers)
    func classes(_ record: StageRecord?) -> Set<String>? {
      record?.settings[SettingKey.classes]?.asList.map { Set($0.compactMap(\.asString)) }
    }
    // A file of weights is another task.
    let crosses =
      kind != .random && kind != .base
      && (source == nil || classes(source) != classes(trained))
    return (Treatment(kind: kind, crossesTasks: crosses, preserved: preserved).label, depth)
  }

  /// What layers are treated with beyond the treatment.
  private static func exceptions(_ layers: Value) -> [String: Value] {
    var exceptions: [String: Value] = [:]
    for entry in layers.asList ?? [] {
      guard let name = entry["layer"]?.asString else { continue }
      if let rate = entry["rate"]?.double, rate != 1 {
        exceptions["rates", default: [:]] = exceptions["rates", default: [:]].adding(
          name, .number(rate))
      }
      for key in ["statistics", "distribution"] where entry[key] != nil {
        exceptions[key] = .list((exceptions[key]?.asList ?? []) + [.string(name)])
      }
    }
    return exceptions
  }

  private mutating func position(of name: String, _ value: Value) -> Int {
    var hasher = MapHasher(count: 1)
    hasher.add(name, value.fingerprint)
    let identity = hasher.finalized()
    if let known = positions[identity] { return known }
    positions[identity] = sections.count
    sections.append(Section(name: name, value: value))
    return sections.count - 1
  }

  // MARK: - The note

  /// Raised with the form of the note.
  private static let key = "runs 2"

  private var noted: Value {
    var pipelines: [String: Int] = [:]
    var names: [Value] = []
    let rows = runs.filter { seen.contains($0.fingerprint) }.map { run -> Value in
      if pipelines[run.pipeline] == nil {
        pipelines[run.pipeline] = names.count
        names.append(.string(run.pipeline))
      }
      return .list([
        .string(run.fingerprint.hexadecimal), .string(run.name),
        .integer(pipelines[run.pipeline] ?? 0), .list(run.sections.map(Value.integer)),
        run.seed.map(Value.integer) ?? .null, run.treatment.map(Value.string) ?? .null,
        run.depth.map(Value.integer) ?? .null,
        .list(run.results.map { $0.map(Value.number) ?? .null }), .bool(run.didTrain),
        .number(run.started),
      ])
    }
    let others = seen.subtracting(runs.map(\.fingerprint)).map(\.hexadecimal).sorted()
    return [
      "pipelines": .list(names), "runs": .list(rows),
      "sections": .list(sections.map { .list([.string($0.name), $0.value]) }),
      // One text, since there may be as many as runs.
      "others": .string(others.joined()),
    ]
  }

  /// Reads the output of `noted`; `nil` for anything else.
  private init?(noted value: Value) {
    guard let pipelines = value["pipelines"]?.asList?.compactMap(\.asString),
      let rows = value["runs"]?.asList, let sections = value["sections"]?.asList,
      let others = value["others"]?.asString
    else { return nil }
    for section in sections {
      guard let parts = section.asList, parts.count == 2, let name = parts[0].asString else {
        return nil
      }
      _ = position(of: name, parts[1])
    }
    guard self.sections.count == sections.count else { return nil }
    runs.reserveCapacity(rows.count)
    for row in rows {
      guard let run = Run(row, pipelines: pipelines, sections: sections.count) else { return nil }
      runs.append(run)
      seen.insert(run.fingerprint)
    }
    let digits = Array(others.utf8)
    guard digits.count % 64 == 0 else { return nil }
    for start in stride(from: 0, to: digits.count, by: 64) {
      let fingerprint = digits[start..<start + 64].withUnsafeBufferPointer {
        Fingerprint(hexadecimal: $0)
      }
      guard let fingerprint else { return nil }
      seen.insert(fingerprint)
    }
  }

  /// Only what is still there.
  private func keeping(_ present: Set<Fingerprint>) -> RecordedRuns {
    var kept = RecordedRuns()
    kept.seen = seen.intersection(present)
    for var run in runs where present.contains(run.fingerprint) {
      run.sections = run.sections.map { kept.position(of: sections[$0].name, sections[$0].value) }
      kept.runs.append(run)
    }
    return kept
  }
}

extension RecordedRuns.Run {
  fileprivate init?(_ row: Value, pipelines: [String], sections: Int) {
    guard let parts = row.asList, parts.count == 10,
      let fingerprint = parts[0].asString.flatMap(Fingerprint.init(hexadecimal:)),
      let name = parts[1].asString, let pipeline = parts[2].asInteger,
      pipelines.indices.contains(pipeline),
      let positions = parts[3].asList?.compactMap(\.asInteger),
      positions.allSatisfy({ 0..<sections ~= $0 }), let results = parts[7].asList,
      results.count == RecordedRuns.resultNames.count, case .bool(let didTrain) = parts[8],
      let started = parts[9].double
    else { return nil }
    self.init(
      fingerprint: fingerprint, name: name, pipeline: pipelines[pipeline], sections: positions,
      seed: parts[4].asInteger, treatment: parts[5].asString, depth: parts[6].asInteger,
      results: results.map(\.double), didTrain: didTrain, started: started)
  }
}

extension Value {
  fileprivate func adding(_ key: String, _ value: Value) -> Value {
    var entries = asMap ?? [:]
    entries[key] = value
    return .map(entries)
  }
}
