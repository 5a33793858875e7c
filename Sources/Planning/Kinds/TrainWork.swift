import Basics
import Definitions

extension StageKind {
  package static let train = StageKind(rawValue: "train")
  package static let transfer = StageKind(rawValue: "transfer")
}

/// Trains a network, from scratch or from layers copied from a stage or a file of weights.
package struct TrainWork: StageWork {
  /// With the units of the last layer resolved.
  package var network: NetworkDefinition
  /// The verb of a transfer for each layer, in order; `nil` for a stage that trains from scratch. The kind is the one
  /// in the file: a transfer may copy nothing (random filters).
  package var treatments: [LayerTreatment]?
  /// The classes of the task in label order.
  package var classes: [String]
  /// The training images held out for validation; `nil` for none.
  package var holdOut: HoldOut?
  /// The limit on training images per class; `nil` for all that are not held out.
  package var examples: Int?
  package var preprocessing: Preprocessing
  /// Whose mean image is subtracted.
  package var mean: MeanOrigin
  package var solver: SolverDefinition
  package var seed: UInt64
  /// The source of all random numbers of the stage. It follows from network, classes, seed and verbs, and from the
  /// source of copied layers.
  package var stream: RandomStream
  /// The file that layers are copied from; `nil` for a stage.
  package var weights: WeightsFile?
  /// When to measure during training; `nil` for never.
  package var validation: ValidationRule?
  /// The packed images.
  package var data: StageInput
  /// The training run that layers are copied from; `nil` for none.
  package var copied: StageInput?
  /// The number of images trained on, and the number measured during training (in all subsets), each image counted
  /// once.
  package var trainingImages: Int
  package var measuredImages: Int

  package init(
    network: NetworkDefinition, treatments: [LayerTreatment]? = nil, classes: [String],
    holdOut: HoldOut? = nil, examples: Int? = nil, preprocessing: Preprocessing,
    mean: MeanOrigin = .target, solver: SolverDefinition, seed: UInt64, stream: RandomStream,
    weights: WeightsFile? = nil, validation: ValidationRule? = nil, data: StageInput,
    copied: StageInput? = nil, trainingImages: Int, measuredImages: Int = 0
  ) {
    self.network = network
    self.treatments = treatments
    self.classes = classes
    self.holdOut = holdOut
    self.examples = examples
    self.preprocessing = preprocessing
    self.mean = mean
    self.solver = solver
    self.seed = seed
    self.stream = stream
    self.weights = weights
    self.validation = validation
    self.data = data
    self.copied = copied
    self.trainingImages = trainingImages
    self.measuredImages = measuredImages
  }

  package static let dataRole = "data"
  package static let sourceRole = "source"

  package var kind: StageKind { treatments == nil ? .train : .transfer }
  package var revision: Int { network.revision }
  package var inputs: [StageInput] { [data] + (copied.map { [$0] } ?? []) }
  package var result: WorkResult { .network(self) }
  package var source: MissingSource? {
    if let weights { return MissingSource(.weights, weights.path) }
    guard mean == .target, case .given(let file, _) = preprocessing.normalization else {
      return nil
    }
    return MissingSource(.weights, file.path)
  }

  /// One element per layer, in order; all `initialize` if nothing is copied.
  package var layers: [LayerTreatment] {
    treatments ?? network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
  }

  /// Whether training ends with the weights after its last planned step, so that a longer run can resume from them.
  package var endsWithLastWeights: Bool { validation?.selects != true && solver.average == nil }

  /// Which training images of each class are used; `nil` for all that are not held out.
  package var limit: ExampleLimit? { examples.map { ExampleLimit(perClass: $0, seed: seed) } }

  package func declare(_ settings: inout StageSettings) {
    settings.share(SettingKey.network, NetworkSetting(network))
    settings.share(SettingKey.classes, ClassesSetting(classes))
    settings.share(SettingKey.preprocessing, preprocessing)
    settings.share(SettingKey.solver, solver)
    settings.add("seed", .integer(Int(truncatingIfNeeded: seed)))
    if let treatments { settings.share("layers", TreatmentsSetting(treatments)) }
    // Defaults of most stages are left out.
    settings.add("hold-out", holdOut?.value)
    settings.add("validate", validation?.value)
    settings.add("examples", examples.map(Value.integer))
    if mean != .target { settings.add("mean", .string(mean.rawValue)) }
    if let weights {
      settings.add(TrainWork.weightsSetting, .string(weights.content.hexadecimal))
      if !weights.names.isEmpty { settings.add("names", weights.names.value) }
    }
  }

  /// The setting that contains the digest of a file of weights.
  package static let weightsSetting = "weights"

  package var networkUse: NetworkUse? {
    NetworkUse(
      network, states: layers.map(\.verb.state), learning: solver.memory,
      batch: solver.imagesAtOnce, precision: solver.precision)
  }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    guard let networkUse else { return nil }
    var cost = try pricing.cost(
      of: networkUse, among: trainingImages,
      images: solver.images(of: trainingImages, after: iterations))
    if validation?.keep == .best || solver.average != nil, let memory = cost.memory,
      let weights = try? network.weightBytes()
    {
      cost.memory = memory + weights
    }
    let length = solver.length.iterations(
      perEpoch: solver.iterationsPerEpoch(images: trainingImages))
    cost.disk? += SmallFiles.course(iterations: length)
    return cost
  }
}

// MARK: - JSON

extension TrainWork {
  /// `layers`, resolved; `examples` if there is a limit; `weights` if they come from a file.
  package var details: [String: Value] {
    var entries = ["layers": layersValue]
    entries["examples"] = examples.map(Value.integer)
    if let weights {
      entries["weights"] = [
        "file": .string(weights.path), "content": .string(weights.content.hexadecimal),
      ]
    }
    return entries
  }

  private var layersValue: Value {
    guard let costs = try? network.costs() else {
      preconditionFailure("a planned network fits together")
    }
    return .list(
      zip(layers, costs).map { treatment, cost in
        var entries: [String: Value] = [
          "name": .string(treatment.layer),
          "origin": .string(treatment.verb.origin.rawValue),
          "state": .string(treatment.verb.state.rawValue),
          "rate": .number(treatment.verb.state == .frozen ? 0 : treatment.rate),
          "shape": cost.output.value,
        ]
        if treatment.statistics != .running {
          entries["statistics"] = .string(treatment.statistics.rawValue)
        }
        if treatment.imitatesSource {
          entries["distribution"] = .string(treatment.distribution.rawValue)
        }
        return .map(entries)
      })
  }
}
