import Basics
import Definitions

extension StageSyntax {
  package static let features = StageSyntax("features", FeaturesDraft.self)
}

/// `features: {network: …, on: …, subset: …, layers: …, pool: …}`
package struct FeaturesDescription: Sendable {
  package var observation: ObservationDescription
}

extension FeaturesDescription: WorkDescription {
  package var stagesRead: [String] { [observation.network.content] }

  package var taskRead: TaskDefinition? { observation.task.content }

  package var subsetRead: Portion? { observation.subset }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    observation.task.content.resolvePath(resolve)
  }
}

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
    let subset = fields.optional("subset", default: Portion.test) { $0.choice() }
    let observation = fields.observation(&reader, subset: subset)
    fields.finish()
    return observation.map(FeaturesDraft.init)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    observation.resolve(resolver, at: position).map(FeaturesDescription.init)
  }
}
