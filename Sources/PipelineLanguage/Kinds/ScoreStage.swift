import Basics
import Definitions

extension StageSyntax {
  package static let score = StageSyntax(ScoreDraft.key, ScoreDraft.self)
}

/// `score: {network: …, on: …, measures: …}`: how well a network would serve a task, from the activations that a features stage
/// of its own keeps.
package struct ScoreDescription: Sendable {
  /// The features stage.
  package var features: String
  package var measures: [TransferScore]
  /// The layers of measures that read activations; the others read those of the last layer.
  package var layers: [String]
}

extension ScoreDescription: WorkDescription {
  package var stagesRead: [String] { [features] }
}

extension ScoreDraft: AnalysisDraft {
  static var key: String { "score" }

  static func read(
    _ fields: inout FieldReader, _ reader: inout StageReader, of network: Described<String>
  ) -> ScoreDraft? {
    let subset = fields.optional("subset", default: Portion.train) { $0.choice() }
    let observation = fields.observedLayers(of: network, subset: subset)
    return fields.score(observation)
  }

  func analysing(_ network: Described<String>, on task: Described<TaskDefinition>) -> ScoreDraft {
    var draft = self
    draft.observation = observation.observing(network, on: task)
    return draft
  }

  var identity: String { "\(observation.identity) \(measures.map(\.rawValue))" }
}

// MARK: - Reading

struct ScoreDraft {
  var observation: ObservationDraft
  var measures: [TransferScore]
  /// The name of the features stage; empty until the stage has a name.
  var features = ""
}

extension ScoreDraft: StageDraft {
  static var title: String { "a score stage" }
  static var isReportable: Bool { true }

  var networkRead: Described<String>? { observation.network }

  static func read(_ field: Field, _ reader: inout StageReader) -> ScoreDraft? {
    guard var fields = FieldReader(field, Subject("'score'")) else { return nil }
    let subset = fields.optional("subset", default: Portion.train) { $0.choice() }
    let observation = fields.observation(&reader, subset: subset)
    let draft = fields.score(observation)
    fields.finish()
    return draft
  }

  func stages(named name: String) -> [(name: String, draft: any StageDraft)] {
    var draft = self
    draft.features = "\(name).\(observation.subset.rawValue)"
    return [(draft.features, draft.observed), (name, draft)]
  }

  /// The features stage: with the last layer where a measure reads it.
  var observed: FeaturesDraft {
    var observation = observation
    if let layers = observation.layers, measures.contains(where: \.readsScores) {
      let last = LayerRule(
        selector: .last(1), text: "last 1", span: layers.span, action: LayerAction(verb: .freeze))
      observation.layers = Described(layers.content + [last], at: layers.span)
    }
    return FeaturesDraft(observation: observation)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    // Errors in the layers are reported by the features stage.
    guard let trained = resolver.network(readBy: position) else { return nil }
    let layers = trained.network.content.definition.layers
    var chosen = Set(layers.indices)
    if let rules = observation.layers {
      chosen = Set(
        rules.content.compactMap { $0.selector.indices(in: trained.network.content) }.joined())
    }
    return ScoreDescription(
      features: features, measures: measures, layers: chosen.sorted().map { layers[$0].name })
  }
}

extension FieldReader {
  /// Reads `measures`: one, or a list; all by default.
  mutating func score(_ observation: ObservationDraft?) -> ScoreDraft? {
    let measures = optional("measures", default: TransferScore.allCases) { $0.transferScores() }
    guard let observation, let measures else { return nil }
    return ScoreDraft(observation: observation, measures: measures)
  }
}

extension Field {
  fileprivate func transferScores() -> [TransferScore]? {
    if case .scalar(let scalar) = node, scalar.text == "all" { return TransferScore.allCases }
    guard case .sequence = node else { return choice().map { [$0] } }
    let found = list("a list of measures") { field in
      field.choice(TransferScore.self).map { Described($0.rawValue, at: field.span) }
    }
    guard let found, distinct(found, "measure") else { return nil }
    // In a fixed order, since theirs has no meaning.
    return TransferScore.allCases.filter { measure in
      found.contains { $0.content == measure.rawValue }
    }
  }
}

extension LayerSelector {
  /// The layers that are selected; `nil` if there are none of the kind.
  func indices(in network: CheckedNetwork) -> Range<Int>? {
    let count = network.definition.layers.count
    switch self {
    case .layer(let name): return network.positions[name].map { $0..<$0 + 1 }
    case .range(let first, let last):
      guard let start = network.positions[first], let end = network.positions[last], start <= end
      else { return nil }
      return start..<end + 1
    case .first(let selected): return selected <= count ? 0..<selected : nil
    case .last(let selected): return selected <= count ? count - selected..<count : nil
    case .rest: return nil
    }
  }
}
