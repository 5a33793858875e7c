import Basics

/// An unfinished training run, of which a state is stored.
package struct InterruptedTraining: Sendable, Hashable {
  /// Completed steps of the state.
  package var iteration: Int
  package var fingerprint: Fingerprint
  package var stage: String
  package var kind: String
  package var revision: Int
  package var settings: Value
  /// Fingerprints of the inputs, by role.
  package var inputs: [String: Fingerprint]

  package init(
    iteration: Int, fingerprint: Fingerprint, stage: String, kind: String, revision: Int,
    settings: Value, inputs: [String: Fingerprint]
  ) {
    self.iteration = iteration
    self.fingerprint = fingerprint
    self.stage = stage
    self.kind = kind
    self.revision = revision
    self.settings = settings
    self.inputs = inputs
  }

  /// The record that the training run would have, for comparisons: without files or results.
  package func record(in pipeline: String) -> StageRecord {
    StageRecord(
      fingerprint: fingerprint, stage: stage, pipeline: pipeline, kind: kind, revision: revision,
      settings: settings, inputs: inputs, outputs: [:], metrics: [:], provenance: [:], started: 0,
      seconds: 0)
  }
}

/// What the note of a state says of the training run that wrote it, so that later plans can tell what has changed.
package struct TrainingIdentity: Sendable {
  package var pipeline: String
  package var kind: String
  package var revision: Int
  package var settings: Value
  package var inputs: [String: Fingerprint]

  package init(
    pipeline: String, kind: String, revision: Int, settings: Value, inputs: [String: Fingerprint]
  ) {
    self.pipeline = pipeline
    self.kind = kind
    self.revision = revision
    self.settings = settings
    self.inputs = inputs
  }

  var value: Value {
    [
      "pipeline": .string(pipeline), "kind": .string(kind), "revision": .integer(revision),
      "settings": settings, "inputs": .map(inputs.mapValues { .string($0.hexadecimal) }),
    ]
  }

  /// `nil` for anything else.
  init?(_ value: Value) {
    guard let pipeline = value["pipeline"]?.asString, let kind = value["kind"]?.asString,
      let revision = value["revision"]?.asInteger, let settings = value["settings"],
      let inputs = value["inputs"]?.asMap
    else { return nil }
    self.init(
      pipeline: pipeline, kind: kind, revision: revision, settings: settings,
      inputs: inputs.compactMapValues { $0.asString.flatMap { Fingerprint(hexadecimal: $0) } })
  }
}

extension Store {
  /// The unfinished training runs of a pipeline of which a state is stored, the latest of each stage. States of earlier
  /// versions, which do not state their settings, are left out.
  package func interruptedTrainings(
    of pipeline: String
  ) throws(DiagnosticError) -> [String: InterruptedTraining] {
    var latest: [String: (training: InterruptedTraining, modified: Int)] = [:]
    for trajectory in try trajectories() {
      for name in try readableNames(in: folder(of: trajectory)) {
        guard let known = Checkpoint.Name(name),
          try !hasRecord(for: known.fingerprint)
        else { continue }
        let index = folder(of: trajectory).appending(name).appending(Store.checkpointIndex)
        guard case .found(let entry) = note(at: index), let stage = entry["stage"]?.asString,
          let identity = entry["run"].flatMap(TrainingIdentity.init),
          identity.pipeline == pipeline, let status = try readableStatus(of: index),
          status.modified >= latest[stage]?.modified ?? .min
        else { continue }
        latest[stage] = (
          InterruptedTraining(
            iteration: known.mark.iteration, fingerprint: known.fingerprint, stage: stage,
            kind: identity.kind, revision: identity.revision, settings: identity.settings,
            inputs: identity.inputs), status.modified
        )
      }
    }
    return latest.mapValues(\.training)
  }
}
