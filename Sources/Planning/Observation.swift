import Basics
import Definitions
import PipelineLanguage

/// A trained network, the images that it is shown, and the layers that are looked at: what analyses of activations share.
package struct Observation: Sendable {
  /// As it was trained, like the preprocessing; both follow from `trained`.
  package var network: NetworkDefinition
  package var preprocessing: Preprocessing
  /// The classes of the task; labels are positions in it. If the network distinguishes the same ones, in the order of its
  /// scores.
  package var classes: [String]
  package var subset: Portion
  /// The images held out from training; `nil` for none, and where they make no difference.
  package var holdOut: HoldOut?
  /// The limit on training images; `nil` for none.
  package var examples: ExampleLimit?
  /// The names of layers, in the network's order.
  package var layers: [String]
  package var pooling: ActivationPooling
  /// The packed images.
  package var data: StageInput
  /// The training run of the network.
  package var trained: StageInput
  /// The number of images.
  package var images: Int
  /// The network's place in reports, and what it is shown. Like the following, not part of the fingerprint.
  package var design: ReportEntry

  package init(
    network: NetworkDefinition, preprocessing: Preprocessing, classes: [String], subset: Portion,
    holdOut: HoldOut?, examples: ExampleLimit?, layers: [String], pooling: ActivationPooling,
    data: StageInput, trained: StageInput, images: Int, design: ReportEntry
  ) {
    self.network = network
    self.preprocessing = preprocessing
    self.classes = classes
    self.subset = subset
    self.holdOut = holdOut
    self.examples = examples
    self.layers = layers
    self.pooling = pooling
    self.data = data
    self.trained = trained
    self.images = images
    self.design = design
  }

  package static let networkRole = EvaluateWork.networkRole

  /// The layers in the network's order, with their shapes.
  package var observed: [ObservedLayer] {
    do throws(ShapeMismatch) { return try network.observed(layers) } catch {
      preconditionFailure("a planned network fits together: \(error.message)")
    }
  }

  /// Adds everything that determines the activations except the inputs.
  package func declare(_ settings: inout StageSettings) {
    settings.share(SettingKey.classes, ClassesSetting(classes))
    settings.add(SettingKey.subset, .string(subset.rawValue))
    settings.add("hold-out", holdOut?.value)
    settings.add(
      "examples",
      examples.map {
        ["per-class": .integer($0.perClass), "seed": .integer(Int(truncatingIfNeeded: $0.seed))]
      })
    settings.add("observed", .list(layers.map(Value.string)))
    settings.add("pool", .string(pooling.rawValue))
  }

  package var networkUse: NetworkUse { NetworkUse(network, batch: EvaluateWork.batch) }

  /// The cost of one pass, with the activations of a batch in memory.
  ///
  /// - Throws: `DiagnosticError` if measured speeds cannot be read.
  package func cost(_ pricing: inout Pricing) throws -> StageCost {
    var cost = try pricing.cost(of: networkUse, among: images, images: images)
    let values = observed.reduce(0) { $0 + $1.shape.count }
    // In the network, as it hands them out, and pooled.
    cost.memory? += 3 * MemoryLayout<Float>.size * values * min(images, EvaluateWork.batch)
    return cost
  }

  /// The size in bytes of the pooled activations of all images.
  package var size: Int {
    let values = observed.reduce(0) { $0 + pooling.count(of: $1.shape) }
    let (bytes, isTooLarge) = (4 * images).multipliedReportingOverflow(by: values)
    return isTooLarge ? .max / 2 : bytes
  }
}

extension Observation {
  /// The memory in bytes of an analysis that reads one layer after the other, as doubles.
  func analysisMemory(images: Int, copies: Int) -> Int {
    let largest = observed.reduce(0) { Swift.max($0, pooling.count(of: $1.shape)) }
    // Beside the activations, the products of one with another.
    let side = min(largest, images)
    let (activations, isTooLarge) = images.multipliedReportingOverflow(by: largest)
    guard !isTooLarge, activations < .max / 128 else { return .max / 2 }
    return MemoryLayout<Double>.size * (copies * activations + 4 * side * side)
  }
}

// MARK: - Drafting

extension PlanDraft {
  /// What a description observes; `nil`, with a diagnostic, if there is a problem with the data.
  mutating func observation(_ described: ObservationDescription) -> Observation? {
    let name = described.network.content
    guard let role = training[name] else {
      preconditionFailure("the language checks that observed stages are trained")
    }
    guard let (dataset, shown) = resolve(described.task) else { return nil }
    let classes = Set(shown.names) == Set(role.work.classes) ? role.classes : shown
    let subset = described.subset
    let holdOut = subset == .test ? nil : dataset.holdOut
    let limit = subset == .train ? dataset.limit(described.task.content, classes: shown) : nil
    let images = shown.images(
      of: subset, in: dataset.facts, holdOut: holdOut, limit: limit ?? .max)
    guard isMeasurable(images, subset, of: described.task) else { return nil }
    return Observation(
      network: role.work.network, preprocessing: role.work.preprocessing, classes: classes.names,
      subset: subset, holdOut: holdOut,
      examples: limit.map { ExampleLimit(perClass: $0, seed: role.work.seed) },
      layers: described.layers.content, pooling: described.pooling, data: dataset.input,
      trained: input(Observation.networkRole, from: name), images: images,
      design: reportEntry(
        for: role, on: described.task.content, subset, score: ScoreRule.final))
  }
}
