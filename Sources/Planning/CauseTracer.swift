import ArtifactStore
import Basics

/// Traces changed inputs upstream to the origin of each change.
///
/// A stage is compared with the record of its latest run, its inputs with the records of what that run read, and so
/// on. A change is therefore found even if the input itself has run since.
struct CauseTracer {
  private let pipeline: String
  private let ordered: [DraftedStage]
  private let history: any StageHistory
  private lazy var stages = Dictionary(ordered.map { ($0.name, $0) }) { first, _ in first }
  private var known: [Comparison: [Cause]] = [:]

  /// A planned stage and the artifact that was read in its place.
  private struct Comparison: Hashable {
    var old: Fingerprint
    var new: String
  }

  /// Further causes of a stage are left out: nobody reads them, and a plan may have thousands of stages.
  private static let mostCauses = 100
  /// Longer chains of comparisons are abandoned.
  private static let deepest = 1000

  init(_ stages: [DraftedStage], of pipeline: String, history: any StageHistory) {
    ordered = stages
    self.pipeline = pipeline
    self.history = history
  }

  /// The origins of the changes that affect a stage through its inputs since an earlier run.
  ///
  /// - Throws: `DiagnosticError` if earlier runs cannot be read.
  mutating func causes(
    through inputs: [StageInput], since record: StageRecord
  ) throws -> [Cause] {
    try causes(through: inputs, since: record, depth: 0)
  }

  private mutating func causes(
    through inputs: [StageInput], since record: StageRecord, depth: Int
  ) throws -> [Cause] {
    var found: [Cause] = []
    var roots: Set<Cause> = []
    for (input, old) in try changed(inputs, since: record) {
      for cause in try causes(of: input, insteadOf: old, depth: depth) {
        // The same origin on another path adds nothing.
        let root = Cause(path: cause.path.suffix(1), root: cause.root)
        guard roots.insert(root).inserted else { continue }
        found.append(cause)
        if found.count == CauseTracer.mostCauses { return found }
      }
    }
    return found
  }

  /// The inputs that are not what was read, with what was read in their place.
  ///
  /// A report's inputs are numbered: one run more or less moves all that follow. They are paired by the stages that
  /// produce them instead, and runs that one of the reports lacks are left to its settings to tell.
  private func changed(
    _ inputs: [StageInput], since record: StageRecord
  ) throws -> [(input: StageInput, old: Fingerprint?)] {
    guard record.kind == StageKind.report.rawValue else {
      return inputs.filter { record.inputs[$0.role] != $0.fingerprint }
        .map { ($0, record.inputs[$0.role]) }
    }
    let read = Set(record.inputs.values)
    let changed = inputs.filter { !read.contains($0.fingerprint) }
    guard !changed.isEmpty else { return [] }
    var byName: [String: Fingerprint] = [:]
    for fingerprint in read {
      if let name = try history.record(for: fingerprint)?.stage { byName[name] = fingerprint }
    }
    return try changed.compactMap { input in
      // Stages with equal fingerprints share a record, which has the name of only one of them.
      let latest = try history.latestRecord(of: input.stage, in: pipeline)?.fingerprint
      if let latest, read.contains(latest) { return (input, latest) }
      if let old = byName[input.stage] { return (input, old) }
      // What was read there may not be in the store any more.
      guard let old = record.inputs[input.role], try history.record(for: old) == nil else {
        return nil
      }
      return (input, old)
    }
  }

  private mutating func causes(
    of input: StageInput, insteadOf old: Fingerprint?, depth: Int
  ) throws -> [Cause] {
    guard let old else {
      return [Cause(path: [], root: .inputAdded(role: input.role, stage: input.stage))]
    }
    guard let planned = stages[input.stage], let record = try history.record(for: old) else {
      return [Cause(path: [input.stage], root: .untold)]
    }
    if try isReplaced(planned, record) {
      return [
        Cause(
          path: [], root: .inputReplaced(role: input.role, old: record.stage, new: input.stage))
      ]
    }
    let comparison = Comparison(old: old, new: planned.name)
    if let known = known[comparison] { return known.map { $0.passing(through: planned.name) } }
    guard depth < CauseTracer.deepest else { return [Cause(path: [planned.name], root: .untold)] }
    var causes: [Cause] = []
    if let own = try RootCause(from: record, to: planned, history) {
      causes.append(Cause(path: [], root: own))
    }
    causes += try self.causes(through: planned.inputs, since: record, depth: depth + 1)
    if causes.isEmpty { causes.append(Cause(path: [], root: .untold)) }
    known[comparison] = causes
    return causes.map { $0.passing(through: planned.name) }
  }

  /// Whether a planned stage replaces another one, rather than being the same one changed or renamed.
  private mutating func isReplaced(_ planned: DraftedStage, _ record: StageRecord) throws -> Bool {
    if record.kind != planned.kind.rawValue { return true }
    guard record.stage != planned.name, stages[record.stage] != nil else { return false }
    // Stages with equal fingerprints share a record, which has the name of only one of them.
    return try history.latestRecord(of: planned.name, in: pipeline)?.fingerprint
      != record.fingerprint
  }
}

extension RootCause {
  /// The change of a stage itself; `nil` if only its inputs changed.
  ///
  /// - Throws: `DiagnosticError` where earlier runs cannot be read.
  init?(from record: StageRecord, to stage: DraftedStage, _ history: any StageHistory) throws {
    if record.revision != stage.revision {
      self = .revisionChanged(old: record.revision, new: stage.revision)
      return
    }
    let changes = record.settings.changes(to: stage.settings)
    if let file = stage.changedWeights(changes) {
      self = .weightsChanged(file: file)
      return
    }
    if changes.isEmpty { return nil }
    if let (old, new) = stage.changedContent(changes) {
      self = .dataChanged(try history.dataChange(from: old, to: new))
      return
    }
    self = .settingsChanged(changes)
  }
}

extension DraftedStage {
  /// The digests of a dataset's content before and now, if that is the only change.
  fileprivate func changedContent(_ changes: [ValueChange]) -> (old: String, new: String)? {
    guard work is PrepareWork, changes.count == 1, changes[0].path == PrepareWork.contentSetting,
      let old = changes[0].old?.asString, let new = changes[0].new?.asString
    else { return nil }
    return (old, new)
  }

  /// The name of the file of weights, if its content is the only change.
  fileprivate func changedWeights(_ changes: [ValueChange]) -> String? {
    guard let file = work.training?.weights, changes.count == 1,
      changes[0].path == TrainWork.weightsSetting, changes[0].old != nil
    else { return nil }
    return file.name
  }
}
