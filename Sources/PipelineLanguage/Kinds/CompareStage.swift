import Basics
import Definitions

extension StageSyntax {
  package static let compare = StageSyntax("compare", CompareDraft.self)
}

/// `compare: {networks: [first, second], on: …, subset: …, layers: …, pool: …, measures: …}`, or with `network`
package struct CompareDescription: Sendable {
  package var first: ObservationDescription
  /// `nil` for the network before its training.
  package var second: ObservationDescription?
  package var measures: Set<ComparisonMeasure>
}

extension CompareDescription: WorkDescription {
  package var stagesRead: [String] {
    [first.network.content] + (second.map { [$0.network.content] } ?? [])
  }

  package var taskRead: TaskDefinition? { first.task.content }
  package var subsetRead: Portion? { first.subset }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    first.task.content.resolvePath(resolve)
    second?.task.content.resolvePath(resolve)
  }
}

/// How two networks, or a network before and after training, are compared layer by layer.
package enum ComparisonMeasure: String, Hashable, Sendable, CaseIterable {
  /// Linear centred kernel alignment of activations, of each layer with each (Kornblith et al. 2019).
  case cka
  /// Mean canonical correlation of activations, of each layer with each (Raghu et al. 2017).
  case svcca
  /// The distance between parameters of layers with the same names.
  case weights

  /// Covariances of more values than this, of all layers together, take too much memory.
  package static let mostCorrelated = 8192

  package var readsActivations: Bool { self != .weights }
}

// MARK: - Reading

struct CompareDraft {
  /// Of the first network; the second one is observed in the same way.
  var observation: ObservationDraft
  /// `nil` for the network before its training.
  var second: Described<String>?
  var measures: Set<ComparisonMeasure>
}

extension CompareDraft: StageDraft {
  static var title: String { "a compare stage" }
  static var isReportable: Bool { true }

  var networksRead: [Described<String>] {
    [observation.network] + (second.map { [$0] } ?? [])
  }

  static func read(_ field: Field, _ reader: inout StageReader) -> CompareDraft? {
    guard var fields = FieldReader(field, Subject("'compare'")) else { return nil }
    let networks = fields.one(of: ["networks", "network"]).flatMap { field in
      field.name == "network"
        ? field.stageName().map { (first: $0, second: Described<String>?.none) }
        : field.networkPair().map { (first: $0.first, second: Optional($0.second)) }
    }
    let subset = fields.optional("subset", default: Portion.test) { $0.choice() }
    let observation = fields.observation(&reader, of: networks?.first, subset: subset)
    let measures = fields.optional("measures", default: Set(ComparisonMeasure.allCases)) {
      $0.comparisonMeasures()
    }
    fields.finish()
    guard let networks, let observation, let measures else { return nil }
    return CompareDraft(observation: observation, second: networks.second, measures: measures)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.networks(readBy: position), trained.count == networksRead.count,
      let first = observation.resolve(resolver, trained[0])
    else { return nil }
    var other: ObservationDescription?
    if let second {
      // Both are shown the same images.
      var draft = observation
      draft.network = second
      draft.task = first.task
      if observation.task == nil { draft.task?.span = second.span }
      guard let found = draft.resolve(resolver, trained[1]) else { return nil }
      other = found
      other?.task = first.task
    }
    guard fitsMemory(trained, [first, other ?? first], resolver.context) else { return nil }
    return CompareDescription(first: first, second: other, measures: measures)
  }

  /// Whether the covariances of the layers are small enough; reports why not.
  private func fitsMemory(
    _ trained: [TrainedNetwork], _ observations: [ObservationDescription], _ context: ReadingContext
  ) -> Bool {
    guard measures.contains(.svcca) else { return true }
    var values = 0
    for (index, observation) in observations.enumerated() {
      let network = trained[min(index, trained.count - 1)].network.content.definition
      // The number of classes matters little.
      let layers = try? network.resolved(classes: 2).observed(observation.layers.content)
      values += (layers ?? []).reduce(0) { $0 + observation.pooling.count(of: $1.shape) }
    }
    guard values > ComparisonMeasure.mostCorrelated else { return true }
    context.diagnostics.report(
      "'svcca' correlates \(grouped(values)) values of all layers with each other: "
        + "\(grouped(ComparisonMeasure.mostCorrelated)) are possible",
      at: self.observation.network.span,
      notes: [
        Diagnostic.Note(
          "'pool: average' leaves a value for each channel; fewer 'layers', or 'measures: [cka, weights]', help too"
        )
      ])
    return false
  }
}

extension Field {
  /// Reads `cka`, `svcca`, `weights`, or a list of these.
  fileprivate func comparisonMeasures() -> Set<ComparisonMeasure>? {
    guard case .sequence = node else { return choice(ComparisonMeasure.self).map { [$0] } }
    let named = list("a list of measures") { element in
      element.choice(ComparisonMeasure.self).map { Described($0.rawValue, at: element.span) }
    }
    guard let named, distinct(named, "measure") else { return nil }
    return Set(named.compactMap { ComparisonMeasure(rawValue: $0.content) })
  }
}
