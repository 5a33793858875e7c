import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let score = StageKind(rawValue: "score")
}

/// Computes scores of transferability from the activations of a network.
package struct ScoreWork: StageWork {
  package static let featuresRole = "features"

  package var measures: [TransferScore]
  /// The layers of measures that read activations, in the network's order.
  package var layers: [String]
  package var features: StageInput
  /// What these are of. Not part of the fingerprint.
  package var observation: Observation

  package init(
    measures: [TransferScore], layers: [String], features: StageInput, observation: Observation
  ) {
    self.measures = measures
    self.layers = layers
    self.features = features
    self.observation = observation
  }

  package var kind: StageKind { .score }
  package var revision: Int { NumericsRevision.analysis }
  package var inputs: [StageInput] { [features] }
  package var result: WorkResult { .analysis(NetworkAnalysis(of: observation)) }

  /// The layer whose activations are the network's scores.
  package var lastLayer: String { observation.network.layers.last?.name ?? "" }

  package func cost(_ pricing: inout Pricing, after iterations: Int) -> StageCost? {
    StageCost(
      images: observation.images,
      memory: observation.analysisMemory(images: observation.images, copies: 3),
      disk: SmallFiles.analysis)
  }

  package func declare(_ settings: inout StageSettings) {
    settings.add("measures", .list(measures.map { .string($0.rawValue) }))
    settings.add("observed", .list(layers.map(Value.string)))
  }
}

// MARK: - Drafting

extension StageForm {
  package static let score = StageForm(.score, ScoreDescription.self)
}

extension ScoreDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    guard let observation = draft.drafted(features)?.work.features?.observation else {
      preconditionFailure("the language makes the features stage of a score")
    }
    draft.append(
      stage,
      ScoreWork(
        measures: measures, layers: layers,
        features: draft.input(ScoreWork.featuresRole, from: features), observation: observation))
  }
}
