import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let features = StageKind(rawValue: "features")
}

/// Keeps the activations of a trained network after chosen layers, for a subset of a task.
package struct FeaturesWork: StageWork {
  package var observation: Observation

  package init(_ observation: Observation) { self.observation = observation }

  package var kind: StageKind { .features }
  package var revision: Int { observation.network.revision }
  package var inputs: [StageInput] { [observation.data, observation.trained] }
  package var result: WorkResult { .features(self) }
  package var networkUse: NetworkUse? { observation.networkUse }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    var cost = try observation.cost(&pricing)
    cost.disk = observation.size + SmallFiles.features(images: observation.images)
    return cost
  }

  package func declare(_ settings: inout StageSettings) { observation.declare(&settings) }
}

// MARK: - Drafting

extension StageForm {
  package static let features = StageForm(.features, FeaturesDescription.self)
}

extension FeaturesDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    guard let observation = draft.observation(observation) else { return }
    draft.append(stage, FeaturesWork(observation))
  }
}
