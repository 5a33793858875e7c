import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let reset = StageKind(rawValue: "reset")
}

/// Measures a trained network with each of its layers put back to other weights.
package struct ResetWork: StageWork {
  package var trial: Trial
  package var targets: Set<ResetTarget>
  /// How often random weights are drawn, and the seed; as usual if none are.
  package var draws: Int
  package var seed: UInt64
  /// The training run.
  package var trained: StageInput
  /// What it copied layers from; `nil` for none.
  package var copied: StageInput?

  package init(
    trial: Trial, targets: Set<ResetTarget>, draws: Int, seed: UInt64, trained: StageInput,
    copied: StageInput?
  ) {
    self.trial = trial
    self.targets = targets
    self.draws = draws
    self.seed = seed
    self.trained = trained
    self.copied = copied
  }

  package static let networkRole = "network"

  package var kind: StageKind { .reset }
  package var revision: Int { trial.training.network.revision }
  package var inputs: [StageInput] { trial.inputs + [trained] + (copied.map { [$0] } ?? []) }
  package var result: WorkResult { .analysis(trial.analysis(of: trained)) }
  package var networkUse: NetworkUse? { trial.networkUse }

  /// The file of weights that layers were copied from, if the stage reads it.
  package var source: MissingSource? {
    ResetWork.readsSource(trial.training, targets) ? trial.training.source : nil
  }

  /// Whether the weights that layers are put back to depend on what the training run copied from.
  static func readsSource(_ training: TrainWork, _ targets: Set<ResetTarget>) -> Bool {
    training.layers.contains {
      targets.contains(.initial) && $0.verb.origin == .copied || $0.imitatesSource
    }
  }

  /// The layers that have parameters.
  package var layers: [String] {
    guard let parameters = try? trial.training.network.parameters() else {
      preconditionFailure("a planned network fits together")
    }
    let known = Set(parameters.filter { $0.role != .statistic }.map(\.layer))
    return trial.training.network.layers.map(\.name).filter(known.contains)
  }

  /// The number of weights that the network is measured with.
  package var trials: Int {
    let each = targets.reduce(0) { $0 + ($1 == .random ? draws : 1) }
    return 1 + layers.count * each
  }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    try trial.cost(&pricing, trials: trials, disk: 0)
  }

  package func declare(_ settings: inout StageSettings) {
    trial.declare(&settings)
    settings.add(
      "to", .list(ResetTarget.allCases.filter(targets.contains).map { .string($0.rawValue) }))
    if targets.contains(.random) {
      settings.add("draws", .integer(draws))
      settings.add("seed", .integer(Int(truncatingIfNeeded: seed)))
    }
  }
}

// MARK: - Drafting

extension StageForm {
  package static let reset = StageForm(.reset, ResetDescription.self)
}

extension ResetDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    let name = network.content
    guard let trial = draft.trial(of: [name], on: task, subset, statistics) else { return }
    draft.append(
      stage,
      ResetWork(
        trial: trial, targets: targets, draws: draws, seed: seed,
        trained: draft.input(ResetWork.networkRole, from: name),
        copied: ResetWork.readsSource(trial.training, targets) ? trial.training.copied : nil))
  }
}
