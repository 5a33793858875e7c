import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let pictures = StageKind(rawValue: "pictures")
}

/// Finds the images that most activate units of a trained network, and the principal components of its activations.
package struct PicturesWork: StageWork {
  package var observation: Observation
  /// Units of each layer: its first ones.
  package var units: Int
  /// Images for each unit, fewer if there are no more.
  package var images: Int

  package init(_ observation: Observation, units: Int, images: Int) {
    self.observation = observation
    self.units = units
    self.images = images
  }

  /// The greatest side of a picture in pixels: larger ones are made smaller.
  package static let side = 64

  package var kind: StageKind { .pictures }
  package var revision: Int { observation.network.revision }
  package var inputs: [StageInput] { [observation.data, observation.trained] }
  package var result: WorkResult { .other }
  package var networkUse: NetworkUse? { observation.networkUse }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    var cost = try observation.cost(&pricing)
    let pictures = observation.layers.count * units * images
    cost.disk = pictures * 3 * PicturesWork.side * PicturesWork.side + 20 * observation.images
    cost.memory? += observation.analysisMemory(images: observation.images, copies: 2)
    return cost
  }

  package func declare(_ settings: inout StageSettings) {
    observation.declare(&settings)
    settings.add("units", .integer(units))
    settings.add("images", .integer(images))
  }
}

// MARK: - Drafting

extension StageForm {
  package static let pictures = StageForm(.pictures, PicturesDescription.self)
}

extension PicturesDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    guard let observation = draft.observation(observation) else { return }
    draft.append(stage, PicturesWork(observation, units: units, images: images))
  }
}
