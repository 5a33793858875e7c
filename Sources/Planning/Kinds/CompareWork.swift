import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let compare = StageKind(rawValue: "compare")
}

/// Compares two trained networks, or one before and after its training, layer by layer.
package struct CompareWork: StageWork {
  /// What a network is compared with.
  package enum Other: Sendable {
    /// Another, which is shown the same images.
    case network(Observation)
    /// Itself before this training, which copied layers from an input, or none.
    case beginning(of: TrainWork, copied: StageInput?)
  }

  package var network: Observation
  package var other: Other
  package var measures: Set<ComparisonMeasure>

  package init(network: Observation, other: Other, measures: Set<ComparisonMeasure>) {
    self.network = network
    self.other = other
    self.measures = measures
  }

  package static let firstRole = "first"
  package static let secondRole = "second"

  package var kind: StageKind { .compare }
  package var revision: Int {
    max(first.network.revision, second.network.revision) + NumericsRevision.comparison
  }
  package var inputs: [StageInput] {
    let others: [StageInput]
    switch other {
    case .network(let observation): others = [observation.trained]
    case .beginning(_, let copied): others = copied.map { [$0] } ?? []
    }
    return [network.data, network.trained] + others
  }
  package var result: WorkResult {
    switch other {
    case .network(let second):
      .analysis(
        NetworkAnalysis(
          of: network, and: .network(second.design, trained: second.trained.fingerprint)))
    case .beginning: .analysis(NetworkAnalysis(of: network, and: .beginning))
    }
  }
  package var networkUse: NetworkUse? { network.networkUse }
  package var source: MissingSource? {
    if case .beginning(let training, _) = other { training.source } else { nil }
  }

  /// The sides of the comparison, the rows of its matrices and their columns: the beginning of a network comes before its
  /// end.
  package var first: Observation { network }
  package var second: Observation {
    if case .network(let observation) = other { observation } else { network }
  }

  /// Whether networks are shown images.
  package var readsActivations: Bool { measures.contains(where: \.readsActivations) }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    var cost = try first.cost(&pricing)
    let other = try second.cost(&pricing)
    cost.memory = cost.memory.flatMap { own in other.memory.map { own + $0 } }
    cost.images = cost.images.flatMap { own in other.images.map { own + $0 } }
    cost.flops = cost.flops.flatMap { own in other.flops.map { own + $0 } }
    cost.seconds = cost.seconds.flatMap { own in other.seconds.map { own + $0 } }
    if !readsActivations { (cost.images, cost.flops, cost.seconds) = (0, 0, 0) }
    let layers = first.layers.count + second.layers.count
    if measures.contains(.cka) {
      // A Gram matrix for each layer, and the features of the largest.
      let batch = min(first.images, EvaluateWork.batch)
      let largest = [first, second].map { $0.largest(batch) }.max() ?? 0
      cost.memory? += 8 * (layers * batch * batch + largest)
    }
    if measures.contains(.svcca) {
      let values = first.values + second.values
      cost.memory? +=
        4 * 8 * min(values, ComparisonMeasure.mostCorrelated)
        * min(values, ComparisonMeasure.mostCorrelated)
    }
    cost.disk = 300 + 60 * first.layers.count * second.layers.count
    return cost
  }

  package func declare(_ settings: inout StageSettings) {
    settings.add(
      "measures",
      .list(ComparisonMeasure.allCases.filter(measures.contains).map { .string($0.rawValue) }))
    network.declare(&settings)
    // Of another network, which is shown the same images.
    if case .network(let other) = other {
      settings.add("other-layers", .list(other.layers.map(Value.string)))
    }
  }
}

extension Observation {
  /// The values that are kept of one image, of all layers.
  fileprivate var values: Int { observed.reduce(0) { $0 + pooling.count(of: $1.shape) } }

  /// The values of the largest layer, of some images.
  fileprivate func largest(_ images: Int) -> Int {
    (observed.map { pooling.count(of: $0.shape) }.max() ?? 0) * images
  }
}

// MARK: - Drafting

extension StageForm {
  package static let compare = StageForm(.compare, CompareDescription.self)
}

extension CompareDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    guard var one = draft.observation(first) else { return }
    one.trained.role = CompareWork.firstRole
    guard let second else {
      guard let training = draft.training[first.network.content]?.work else { return }
      let reads = training.layers.contains(where: \.readsSource)
      draft.append(
        stage,
        CompareWork(
          network: one, other: .beginning(of: training, copied: reads ? training.copied : nil),
          measures: measures))
      return
    }
    guard var other = draft.observation(second) else { return }
    other.trained.role = CompareWork.secondRole
    // Labels do not matter, and the order of images must be the same.
    other.classes = one.classes
    draft.append(stage, CompareWork(network: one, other: .network(other), measures: measures))
  }
}
