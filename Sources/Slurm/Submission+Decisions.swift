import ArtifactStore
import Basics
import Planning

// Before images are packed, it may be open whether they are those of an earlier result. Stages that depend on that are
// submitted all the same, under fingerprints that are assumed; the tasks plan again when the images are there. The first
// to know what the fingerprints are adds that to the submission.

extension Plan {
  /// For each stage whose fingerprint is assumed, the prepare stages that decide it, by name.
  package var decidingStages: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    for stage in stages where stage.isAssumed {
      found[stage.name] = stage.inputs.reduce(into: []) { names, input in
        if input.isAssumed { names.insert(input.stage) }
        names.formUnion(found[input.stage] ?? [])
      }
    }
    return found
  }

  /// The same, by fingerprint.
  package var decidingFingerprints: [String: Set<Fingerprint>] {
    let fingerprints = Dictionary(
      stages.map { ($0.name, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
    return decidingStages.mapValues { Set($0.compactMap { fingerprints[$0] }) }
  }
}

extension Submission {
  /// Whether fingerprints of some stages are only assumed.
  package var leavesOpen: Bool { stages.contains { !$0.deciding.isEmpty } }

  /// Whether a plan has the images that decide about a stage.
  package static func hasImages(_ plan: Plan, of stage: Stage) -> Bool {
    stage.deciding.isSubset(of: plan.stages.map(\.fingerprint))
  }

  /// Takes the fingerprints of open stages from a plan made from the same texts when the images were packed.
  ///
  /// - Returns: whether any was open.
  package mutating func decide(by plan: Plan, in store: Store) -> Bool {
    guard leavesOpen else { return false }
    let planned = Dictionary(
      plan.stages.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let images = Set(plan.stages.map(\.fingerprint))
    var isChanged = false
    for (index, stage) in stages.enumerated() where !stage.deciding.isEmpty {
      guard let decided = planned[stage.name], !decided.isAssumed,
        stage.deciding.isSubset(of: images)
      else { continue }
      var failedRun: String?
      if case .failed(let failure)? = store.setback(of: decided.fingerprint), failure.time < time {
        failedRun = failure.run
      }
      stages[index] = Stage(
        name: stage.name, fingerprint: decided.fingerprint, failedRun: failedRun)
      isChanged = true
    }
    return isChanged
  }

  /// `{"format": 1, "stages": [null, {"stage", "fingerprint", "failed-run", "deciding": []}]}`: those that are not open.
  fileprivate var decisions: Value {
    ["format": 1, "stages": .list(stages.map { $0.deciding.isEmpty ? $0.value : .null })]
  }

  mutating func apply(_ decisions: Value) {
    guard decisions["format"] == 1, let entries = decisions["stages"]?.asList,
      entries.count == stages.count
    else { return }
    for (index, entry) in entries.enumerated() where !stages[index].deciding.isEmpty {
      guard let stage = Stage(entry), stage.name == stages[index].name else { continue }
      stages[index] = stage
    }
  }
}

extension Store {
  /// Decides about the open stages of a submission as far as a plan from its texts does, and keeps that.
  ///
  /// Whoever does so writes the same, so it does not matter who comes first.
  package func decide(_ submission: inout Submission, by plan: Plan) throws(DiagnosticError) {
    guard submission.decide(by: plan, in: self) else { return }
    try keepDecisions(submission.decisions, ofSubmission: submission.id)
  }
}
