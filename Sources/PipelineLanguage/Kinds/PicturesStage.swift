import Basics
import Definitions

extension StageSyntax {
  package static let pictures = StageSyntax("pictures", PicturesDraft.self)
}

/// `pictures: {network: …, on: …, layers: …, units: …, images: …}`: the images that most activate units, and the images in the plane of
/// the first two principal components.
package struct PicturesDescription: Sendable {
  package var observation: ObservationDescription
  /// Units of each layer: its first ones.
  package var units: Int
  /// Images for each unit.
  package var images: Int
}

extension PicturesDescription: ObservingDescription {}

// MARK: - Reading

struct PicturesDraft {
  var observation: ObservationDraft
  var units: Int
  var images: Int
}

extension PicturesDraft: StageDraft {
  static var title: String { "a pictures stage" }
  static var isReportable: Bool { false }

  var networkRead: Described<String>? { observation.network }

  static func read(_ field: Field, _ reader: inout StageReader) -> PicturesDraft? {
    guard var fields = FieldReader(field, Subject("'pictures'")) else { return nil }
    let observation = fields.observation(&reader)
    let units = fields.optional("units", default: 8) { $0.integer(in: 1...256) }
    let images = fields.optional("images", default: 9) { $0.integer(in: 1...100) }
    fields.finish()
    guard let observation, let units, let images else { return nil }
    return PicturesDraft(observation: observation, units: units, images: images)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    observation.resolve(resolver, at: position).map {
      PicturesDescription(observation: $0, units: units, images: images)
    }
  }
}
