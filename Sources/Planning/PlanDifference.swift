import ArtifactStore
import Basics

/// The differences between two plans, stage by stage, independent of what has run.
package struct PlanDifference: Sendable {
  /// A stage that both plans have under the same name, with different artifacts.
  package struct Change: Sendable {
    package var name: String
    package var kind: StageKind
    /// What changed in the stage itself.
    package var own: RootCause?
    /// What changed in its inputs, by origin.
    package var upstream: [Cause]

    /// Whether it differs only since what it reads does: the same settings, of the same stages.
    package var follows: Bool { own == nil && upstream.allSatisfy { !$0.path.isEmpty } }
  }

  package struct Renaming: Hashable, Sendable {
    package var old: String
    package var new: String

    package init(old: String, new: String) {
      self.old = old
      self.new = new
    }
  }

  package var added: [PlannedStage] = []
  package var removed: [PlannedStage] = []
  package var changed: [Change] = []
  /// Stages with the same fingerprint under another name: nothing runs for them.
  package var renamed: [Renaming] = []
  package var unchanged: [String] = []

  /// Whether the two plans have the same stages.
  package var isEmpty: Bool {
    added.isEmpty && removed.isEmpty && changed.isEmpty && renamed.isEmpty
  }
}

extension PlanDifference {
  /// Compares two plans; their statuses do not matter.
  package init(from old: Plan, to new: Plan) throws {
    let history = PlanHistory(of: old)
    var tracer = CauseTracer(
      new.stages.map(\.draft), of: new.pipeline, history: history)
    let newNames = Set(new.stages.map(\.name))
    var gone = old.stages.filter { !newNames.contains($0.name) }
    var goneByFingerprint: [Fingerprint: [String]] = [:]
    for stage in gone.reversed() {
      goneByFingerprint[stage.fingerprint, default: []].append(stage.name)
    }
    for stage in new.stages {
      guard let record = history.latestRecord(of: stage.name, in: new.pipeline) else {
        if let former = goneByFingerprint[stage.fingerprint]?.popLast() {
          renamed.append(Renaming(old: former, new: stage.name))
        } else {
          added.append(stage)
        }
        continue
      }
      if record.fingerprint == stage.fingerprint {
        unchanged.append(stage.name)
        continue
      }
      guard record.kind == stage.kind.rawValue else {
        // The stage of this name is an entirely different one.
        added.append(stage)
        if let former = old.stages.first(where: { $0.name == stage.name }) { gone.append(former) }
        continue
      }
      changed.append(
        Change(
          name: stage.name, kind: stage.kind,
          own: try RootCause(from: record, to: stage.draft, history),
          upstream: try tracer.causes(through: stage.inputs, since: record)))
    }
    let renamedFrom = Set(renamed.map(\.old))
    removed = gone.filter { !renamedFrom.contains($0.name) }
  }
}

/// A plan treated as if all of it had run.
private struct PlanHistory: StageHistory {
  private var records: [Fingerprint: StageRecord] = [:]
  private var latest: [String: StageRecord] = [:]

  init(of plan: Plan) {
    for stage in plan.stages {
      let record = StageRecord(
        fingerprint: stage.fingerprint, stage: stage.name, pipeline: plan.pipeline,
        kind: stage.kind.rawValue, revision: stage.revision, settings: stage.settings,
        inputs: Dictionary(uniqueKeysWithValues: stage.inputs.map { ($0.role, $0.fingerprint) }),
        outputs: [:], metrics: [:], provenance: [:], started: 0, seconds: 0)
      records[stage.fingerprint] = records[stage.fingerprint] ?? record
      latest[stage.name] = record
    }
  }

  func presences(of fingerprints: [Fingerprint]) -> [ArtifactPresence] {
    fingerprints.map { records[$0] == nil ? .absent : .present }
  }

  func record(for fingerprint: Fingerprint) -> StageRecord? { records[fingerprint] }

  /// The names of the two pipelines do not matter.
  func latestRecord(of stage: String, in pipeline: String) -> StageRecord? { latest[stage] }
}
