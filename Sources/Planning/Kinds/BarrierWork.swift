import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let barrier = StageKind(rawValue: "barrier")
}

/// Measures the networks on the line between the weights of two trained networks.
package struct BarrierWork: StageWork {
  package var trial: Trial
  /// The number of networks on the line, both ends included.
  package var points: Int
  package var first: StageInput
  package var second: StageInput

  package init(trial: Trial, points: Int, first: StageInput, second: StageInput) {
    self.trial = trial
    self.points = points
    self.first = first
    self.second = second
  }

  package static let firstRole = "first"
  package static let secondRole = "second"

  package var kind: StageKind { .barrier }
  package var revision: Int { trial.training.network.revision }
  package var inputs: [StageInput] { trial.inputs + [first, second] }
  package var result: WorkResult { .analysis(trial.analysis(of: first, and: second)) }
  package var networkUse: NetworkUse? { trial.networkUse }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    try trial.cost(&pricing, trials: points, disk: 0)
  }

  package func declare(_ settings: inout StageSettings) {
    trial.declare(&settings)
    settings.add("points", .integer(points))
  }
}

// MARK: - Drafting

extension StageForm {
  package static let barrier = StageForm(.barrier, BarrierDescription.self)
}

extension BarrierDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    let names = [first.content, second.content]
    guard let trial = draft.trial(of: names, on: task, subset, statistics) else { return }
    draft.append(
      stage,
      BarrierWork(
        trial: trial, points: points, first: draft.input(BarrierWork.firstRole, from: names[0]),
        second: draft.input(BarrierWork.secondRole, from: names[1])))
  }
}
