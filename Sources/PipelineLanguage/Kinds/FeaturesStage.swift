import Basics
import Definitions

extension StageSyntax {
  package static let features = StageSyntax("features", FeaturesDraft.self)
}

/// `features: {network: …, on: …, subset: …, layers: …, pool: …}`
package struct FeaturesDescription: Sendable {
  package var observation: ObservationDescription
}

extension FeaturesDescription: ObservingDescription {}

// MARK: - Reading

struct FeaturesDraft {
  var observation: ObservationDraft
}

extension FeaturesDraft: StageDraft {
  static var title: String { "a features stage" }
  static var isReportable: Bool { false }

  var networkRead: Described<String>? { observation.network }

  static func read(_ field: Field, _ reader: inout StageReader) -> FeaturesDraft? {
    guard var fields = FieldReader(field, Subject("'features'")) else { return nil }
    let observation = fields.observation(&reader)
    fields.finish()
    return observation.map(FeaturesDraft.init)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    observation.resolve(resolver, at: position).map(FeaturesDescription.init)
  }
}
