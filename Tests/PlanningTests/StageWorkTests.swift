import Basics
import Definitions
import OrderedCollections
import Planning
import Testing

/// Which fields of each kind's value decide its fingerprint. A field that does not says why.
@Suite struct StageWorkTests {
  func input(_ role: String) -> StageInput {
    StageInput(role: role, stage: "stage of \(role)", fingerprint: Fingerprint(of: role))
  }

  let preprocessing = Preprocessing(
    .centered(.color, scale: 0.5), augmentation: [Padding(4), RandomCrop(), Mirror()])

  /// A step in the place of another.
  private struct OtherStep: AugmentationStep {
    var place: StepPlace
    static var keyword: String { "other" }
    var setting: Value { true }
    var traits: Traits { Traits(isRandom: true, scope: .image) }
    var effect: AugmentationEffect {
      AugmentationEffect(name: "other", clause: "something is done to images")
    }
  }

  let holdOut = HoldOut(amount: .fraction(0.1), seed: 5)

  /// An input's role and content decide the result, its name does not.
  func walk<Work>(
    _ walk: inout FieldWalk<Work>, _ name: String, _ field: WritableKeyPath<Work, StageInput>
  ) {
    walk.decides("\(name).role", field.appending(path: \.role), "other")
    walk.decides(
      "\(name).fingerprint", field.appending(path: \.fingerprint), Fingerprint(of: "other"))
    walk.isFree("\(name).stage", because: "a rename reruns nothing") {
      $0[keyPath: field].stage = "other"
    }
    walk.isFree("\(name).isAssumed", because: "it says that the fingerprint may be another") {
      $0[keyPath: field].isAssumed = true
    }
  }

  @Test func everyFieldOfAPreparation() {
    var fields = FieldWalk(
      PrepareWork(
        name: "photos",
        dataset: DatasetDefinition(
          source: .path("photos.tar"), size: .init(height: 32, width: 48),
          preprocessing: preprocessing,
          declaration: DatasetDeclaration(
            classes: .count(2), train: .total(100), test: .perClass(10)), holdOut: holdOut),
        content: Fingerprint(of: "photos"), isAssumed: false, allImages: 120))
    fields.decides("content", \.content, Fingerprint(of: "other photos"))
    fields.decides("isAssumed", \.isAssumed, true)
    fields.decides("dataset.size.height") { $0.dataset.size?.height = 64 }
    fields.decides("dataset.size.width") { $0.dataset.size?.width = 64 }
    fields.decides("dataset.size") { $0.dataset.size = nil }
    fields.decides("dataset.fit", \.dataset.fit, .crop)
    fields.decides("dataset.channels", \.dataset.channels, 1)
    fields.decides("dataset.unreadable", \.dataset.unreadable, .skip)
    fields.decides("dataset.storage", \.dataset.storage, .jpeg(quality: 90))
    fields.isFree("name", because: "a rename reruns nothing") { $0.name = "pictures" }
    for name in ["subsets", "labels"] {
      fields.isFree("dataset.\(name)", because: "what it selects is in the digest of the content") {
        if name == "labels" { $0.dataset.labels = .coarse } else { $0.dataset.subsets = .usual }
      }
    }
    fields.isFree("dataset.source", because: "the content counts, wherever it lies") {
      $0.dataset.source = .path("elsewhere/photos.tar")
    }
    fields.isFree(
      "dataset.preprocessing", because: "it is done to packed images: a setting of trainings"
    ) { $0.dataset.preprocessing.normalization = .centered(.none, scale: 0.5) }
    fields.isFree(
      "dataset.holdOut", because: "it chooses among packed images: a setting of trainings"
    ) {
      $0.dataset.holdOut = nil
    }
    fields.isFree(
      "dataset.declaration",
      because: "it is compared with the content in planning, and packs nothing else"
    ) { $0.dataset.declaration.classes = .count(3) }
    fields.decides("turnsImages", \.turnsImages, true)
    fields.isFree(
      "dataset.orientation", because: "it counts where an image has one, which 'turnsImages' says"
    ) { $0.dataset.orientation = .ignore }
    fields.isFree("allImages", because: "it follows from the content") { $0.allImages = 7 }
    fields.isFree("imageSize", because: "it follows from the content") {
      $0.imageSize = .init(height: 1, width: 2)
    }
    fields.check()
  }

  // MARK: - Training

  private let convolution = Convolution(
    filters: 4, kernel: 3, stride: 1, padding: 1, groups: 1,
    parameters: ParameterSettings(
      weights: .gaussian(deviation: 0.1), biases: .constant(0.5), weightRate: 1, weightDecay: 1,
      biasRate: 2, biasDecay: 0))
  private let pooling = Pooling(kernel: 2, stride: 2, padding: 1, rounding: .up)

  /// Operations with names, which only those with parameters have elsewhere.
  private func named(_ operations: [Definitions.Operation]) -> [Definitions.Operation] {
    operations.map { Definitions.Operation($0.settings, name: OperationName("named")) }
  }

  var training: TrainWork {
    TrainWork(
      network: NetworkDefinition(
        input: Shape(channels: 3, height: 32, width: 48),
        layers: [
          LayerDefinition(
            name: "conv1",
            operations: named([
              .convolution(convolution), .batchNorm(BatchNorm()), .relu, .maxPool(pooling),
              .lrn(LocalResponseNorm()),
            ])),
          LayerDefinition(
            name: "fc2",
            operations: named([
              .averagePool(pooling), .dropout(0.5), .dense(Dense(units: .count(2))), .tanh,
            ])),
        ]),
      treatments: [
        LayerTreatment(layer: "conv1", verb: .fineTune, rate: 0.1),
        LayerTreatment(layer: "fc2", verb: .initialize),
      ],
      classes: ["cat", "dog"], holdOut: holdOut, examples: 50, preprocessing: preprocessing,
      mean: .source,
      solver: SolverDefinition(
        batch: 10, part: 5, length: .epochs(4), rule: .momentum(0.9), decay: 0.01,
        decayTowardSource: 0.1,
        rate: RateSchedule(
          start: 0.1, policy: .step(every: .epochs(2), by: 0.1), warmUp: .iterations(3)),
        layerDecay: 0.9, clip: 1, labelSmoothing: 0.1, average: .epochs(1)),
      seed: 7, stream: RandomStream(seed: 1),
      weights: WeightsFile(
        path: "a/net.safetensors", content: Fingerprint(of: "weights"),
        names: TensorNames(["conv1": "features.0"], common: "module.")),
      validation: ValidationRule(
        every: .epochs(1), subsets: [.validation], keep: .best, patience: 3),
      data: input("data"),
      copied: input("source"), trainingImages: 100, measuredImages: 20)
  }

  @Test func everyFieldOfATraining() {
    var fields = FieldWalk(training)
    network(&fields)
    fields.decides("treatments[0].layer") { $0.treatments?[0].layer = "conv" }
    fields.decides("treatments[0].verb") { $0.treatments?[0].verb = .freeze }
    fields.decides("treatments[0].rate") { $0.treatments?[0].rate = 0.2 }
    fields.decides("treatments[0].statistics") { $0.treatments?[0].statistics = .batch }
    fields.isFree("treatments[0].distribution", because: "a copied layer is not drawn") {
      $0.treatments?[0].distribution = .source
    }
    fields.decides("treatments[1].distribution") { $0.treatments?[1].distribution = .source }
    fields.decides("treatments[1].layer") { $0.treatments?[1].layer = "fc" }
    fields.decides("treatments[1].verb") { $0.treatments?[1].verb = .random }
    fields.decides("treatments[1].rate") { $0.treatments?[1].rate = 2 }
    fields.decides("treatments[1].statistics") { $0.treatments?[1].statistics = .batch }
    // With them goes the kind.
    fields.decides("treatments") { $0.treatments = nil }
    fields.decides("classes", \.classes, ["dog", "cat"])
    fields.decides("holdOut.amount.fraction") { $0.holdOut?.amount = .fraction(0.2) }
    fields.decides("holdOut.amount") { $0.holdOut?.amount = .perClass(5) }
    fields.decides("holdOut.seed") { $0.holdOut?.seed = 6 }
    fields.decides("holdOut") { $0.holdOut = nil }
    fields.decides("examples", \.examples, 40)
    let normalization = "preprocessing.normalization"
    fields.decides(
      "\(normalization).centered.0", \.preprocessing.normalization, .centered(.image, scale: 0.5))
    fields.decides(
      "\(normalization).centered.scale", \.preprocessing.normalization, .centered(.color, scale: 1))
    fields.decides(normalization, \.preprocessing.normalization, .imageNet)
    func augmentation(_ path: String, _ steps: [any AugmentationStep]) {
      fields.decides("preprocessing.augmentation\(path)") {
        $0.preprocessing = Preprocessing(.centered(.color, scale: 0.5), augmentation: steps)
      }
    }
    augmentation("[0].pixels", [Padding(3), RandomCrop(), Mirror()])
    augmentation("[1]", [Padding(4), OtherStep(place: .crop), Mirror()])
    augmentation("[2]", [Padding(4), RandomCrop(), OtherStep(place: .orientation)])
    augmentation("", [Padding(4), RandomCrop()])
    fields.decides("mean", \.mean, .target)
    solver(&fields)
    fields.decides("seed", \.seed, 8)
    fields.decides("weights.content") { $0.weights?.content = Fingerprint(of: "others") }
    fields.decides("weights.names.prefixes") {
      $0.weights?.names = TensorNames(["conv1": "conv"], common: "module.")
    }
    fields.decides("weights.names.common") {
      $0.weights?.names = TensorNames(["conv1": "features.0"], common: "net.")
    }
    fields.decides("weights") { $0.weights = nil }
    fields.decides("validation.every.epochs") { $0.validation?.every = .epochs(2) }
    fields.decides("validation.every") { $0.validation?.every = .iterations(1) }
    fields.decides("validation.subsets") { $0.validation?.subsets = [.validation, .test] }
    fields.decides("validation.keep") { $0.validation?.keep = .last }
    fields.decides("validation.patience") { $0.validation?.patience = 4 }
    fields.decides("validation") { $0.validation = nil }
    walk(&fields, "data", \.data)
    fields.decides("copied.role") { $0.copied?.role = "other" }
    fields.decides("copied.fingerprint") { $0.copied?.fingerprint = Fingerprint(of: "other") }
    fields.isFree("copied.stage", because: "a rename reruns nothing") { $0.copied?.stage = "other" }
    fields.isFree("copied.isAssumed", because: "it says that the fingerprint may be another") {
      $0.copied?.isAssumed = true
    }
    fields.isFree("weights.path", because: "the content counts, wherever it lies") {
      $0.weights?.path = "b/net.safetensors"
    }
    fields.isFree(
      "stream", because: "it follows from network, classes, seed, verbs and what is copied from"
    ) { $0.stream = RandomStream(seed: 2) }
    fields.isFree("trainingImages", because: "it follows from data, classes, hold-out and examples")
    {
      $0.trainingImages = 99
    }
    fields.isFree("measuredImages", because: "it follows from data, classes and validation") {
      $0.measuredImages = 19
    }
    fields.check()
  }

  private func network(_ fields: inout FieldWalk<TrainWork>) {
    func operation(
      _ layer: Int, _ position: Int, _ name: String, _ operation: Definitions.Operation
    ) {
      fields.decides("network.layers[\(layer)].operations[\(position)].settings\(name)") {
        let name = $0.network.layers[layer].operations[position].name
        $0.network.layers[layer].operations[position] = operation
        $0.network.layers[layer].operations[position].name = name
      }
    }
    for (layer, count) in [5, 4].enumerated() {
      for position in 0..<count {
        fields.decides("network.layers[\(layer)].operations[\(position)].name.text") {
          $0.network.layers[layer].operations[position].name = OperationName("other")
        }
      }
    }
    func convolution(_ name: String, _ change: (inout Convolution) -> Void) {
      var convolution = self.convolution
      change(&convolution)
      operation(0, 0, ".\(name)", .convolution(convolution))
    }
    func parameters(_ name: String, _ change: (inout ParameterSettings) -> Void) {
      convolution("parameters.\(name)") { change(&$0.parameters) }
      var dense = Dense(units: .count(2))
      change(&dense.parameters)
      // The dense layer begins in other ways.
      let begins = name.hasPrefix("weights") ? "weights" : name
      operation(1, 2, ".parameters.\(begins)", .dense(dense))
    }
    func pooling(_ name: String, _ change: (inout Pooling) -> Void) {
      var pooling = self.pooling
      change(&pooling)
      operation(0, 3, ".pooling.\(name)", .maxPool(pooling))
      operation(1, 0, ".pooling.\(name)", .averagePool(pooling))
    }
    fields.decides(
      "network.input.dimensions", \.network.input, Shape(channels: 3, height: 48, width: 32))
    for layer in 0...1 {
      fields.decides("network.layers[\(layer)].name") { $0.network.layers[layer].name = "other" }
    }
    convolution("filters.count") { $0.filters = 6 }
    convolution("kernel") { $0.kernel = 5 }
    convolution("stride") { $0.stride = 2 }
    convolution("padding") { $0.padding = 2 }
    convolution("groups") { $0.groups = 2 }
    parameters("weights.gaussian.deviation") { $0.weights = .gaussian(deviation: 0.2) }
    convolution("parameters.weights") { $0.parameters.weights = .xavier }
    parameters("biases.constant") { $0.biases = .constant(1) }
    convolution("parameters.biases") { $0.parameters.biases = nil }
    parameters("weightRate") { $0.weightRate = 3 }
    parameters("weightDecay") { $0.weightDecay = 3 }
    parameters("biasRate") { $0.biasRate = 3 }
    parameters("biasDecay") { $0.biasDecay = 3 }
    operation(1, 2, ".units.count", .dense(Dense(units: .count(3))))
    pooling("kernel") { $0.kernel = 3 }
    pooling("stride") { $0.stride = 3 }
    pooling("padding") { $0.padding = 0 }
    pooling("rounding") { $0.rounding = .down }
    operation(0, 1, ".epsilon", .batchNorm(BatchNorm(epsilon: 1e-4)))
    operation(0, 1, ".momentum", .batchNorm(BatchNorm(momentum: 0.2)))
    operation(0, 2, "", .tanh)
    operation(0, 4, ".size", .lrn(LocalResponseNorm(size: 3)))
    operation(0, 4, ".alpha", .lrn(LocalResponseNorm(alpha: 1e-3)))
    operation(0, 4, ".beta", .lrn(LocalResponseNorm(beta: 0.5)))
    operation(0, 4, ".k", .lrn(LocalResponseNorm(k: 2)))
    operation(1, 1, ".probability", .dropout(0.4))
    operation(1, 3, "", .relu)
  }

  private func solver(_ fields: inout FieldWalk<TrainWork>) {
    fields.decides("solver.batch", \.solver.batch, 20)
    fields.decides("solver.part", \.solver.part, nil)
    fields.decides("solver.decayTowardSource", \.solver.decayTowardSource, nil)
    fields.decides("solver.layerDecay", \.solver.layerDecay, 1)
    fields.decides("solver.clip", \.solver.clip, nil)
    fields.decides("solver.labelSmoothing", \.solver.labelSmoothing, 0)
    fields.decides("solver.precision", \.solver.precision, .bfloat16)
    fields.decides("solver.average.epochs", \.solver.average, .epochs(2))
    fields.decides("solver.average", \.solver.average, nil)
    fields.decides("solver.length.epochs", \.solver.length, .epochs(5))
    fields.decides("solver.length", \.solver.length, .iterations(4))
    fields.decides("solver.rule.momentum", \.solver.rule, .momentum(0.8))
    fields.decides("solver.rule", \.solver.rule, .adam(.init(decouplesDecay: true)))
    fields.decides("solver.decay", \.solver.decay, 0.02)
    fields.decides("solver.rate.start", \.solver.rate.start, 0.2)
    fields.decides("solver.rate.warmUp.iterations", \.solver.rate.warmUp, .iterations(4))
    fields.decides("solver.rate.warmUp", \.solver.rate.warmUp, .epochs(3))
    fields.decides(
      "solver.rate.policy.step.every.epochs", \.solver.rate.policy,
      .step(every: .epochs(3), by: 0.1))
    fields.decides(
      "solver.rate.policy.step.by", \.solver.rate.policy, .step(every: .epochs(2), by: 0.2))
  }

  /// The other ways in which a rate falls: each with every number of its own changed.
  @Test func ratePolicies() {
    let policies: [RatePolicy] = [
      .fixed, .step(every: .epochs(2), by: 0.1), .multistep(at: [.epochs(2)], by: 0.1),
      .multistep(at: [.epochs(3)], by: 0.1), .multistep(at: [.epochs(2)], by: 0.2),
      .multistep(at: [.epochs(2), .epochs(3)], by: 0.1), .polynomial(power: 0.1),
      .polynomial(power: 0.2), .exponential(by: 0.1), .exponential(by: 0.2), .cosine(end: 0.1),
      .cosine(end: 0.2), .restarts(every: .epochs(2), by: 1, end: 0.1),
      .restarts(every: .epochs(3), by: 1, end: 0.1), .restarts(every: .epochs(2), by: 2, end: 0.1),
      .restarts(every: .epochs(2), by: 1, end: 0.2), .oneCycle(peak: 1, rise: 0.3, end: 0.1),
      .oneCycle(peak: 2, rise: 0.3, end: 0.1), .oneCycle(peak: 1, rise: 0.4, end: 0.1),
      .oneCycle(peak: 1, rise: 0.3, end: 0.2),
    ]
    let fingerprints = policies.map { policy in
      var work = training
      work.solver.rate.policy = policy
      return DraftedStage("sample", work).fingerprint
    }
    #expect(Set(fingerprints).count == policies.count)
  }

  @Test func theKindIsWhetherLayersAreTreated() {
    var work = training
    #expect(work.kind == .transfer)
    work.treatments = nil
    #expect(work.kind == .train && work.layers.allSatisfy { $0.verb == .initialize })
  }

  // MARK: - Measuring

  func entry(_ variables: [String: RunVariable]) -> ReportEntry {
    ReportEntry(
      network: "net", split: "halves", division: .random(seed: 1), target: "B", source: "A",
      depth: 2, kind: .preserved, seed: 3, classes: Fingerprint(of: "classes"), examples: 50,
      preserved: 1, phases: "lp-ft",
      measuredOn: "B, validation images", score: "final", variables: variables)
  }

  @Test func everyFieldOfAnEvaluation() throws {
    let planned = try #require(plan(sample).stage("test-A1B")?.work as? EvaluateWork)
    var fields = FieldWalk(
      EvaluateWork(
        network: training.network, preprocessing: preprocessing, classes: ["cat", "dog"],
        subset: .validation, holdOut: holdOut, score: .best(2, on: .validation),
        data: input("data"), trained: input("network"), measuredImages: 20, design: entry([:]),
        settings: planned.settings, variables: ["n": 2]))
    fields.decides("classes", \.classes, ["dog", "cat"])
    fields.decides("subset", \.subset, .train)
    fields.decides("holdOut.amount.fraction") { $0.holdOut?.amount = .fraction(0.2) }
    fields.decides("holdOut.seed") { $0.holdOut?.seed = 6 }
    fields.decides("holdOut") { $0.holdOut = nil }
    fields.decides("score.best.0", \.score, .best(3, on: .validation))
    fields.decides("score.best.on", \.score, .best(2, on: .train))
    fields.decides("score", \.score, .meanOfLast(2))
    fields.decides("score", \.score, .final)
    walk(&fields, "data", \.data)
    walk(&fields, "trained", \.trained)
    fields.isFree("network", because: "it is the trained stage's") {
      $0.network.input = Shape(channels: 1, height: 32, width: 32)
    }
    fields.isFree("preprocessing", because: "it is the trained stage's") {
      $0.preprocessing.normalization = .imageNet
    }
    fields.isFree("measuredImages", because: "it follows from data, classes, subset and hold-out") {
      $0.measuredImages = 19
    }
    fields.isFree("design", because: "only reports say it, and it is among their settings") {
      $0.design.depth = 1
    }
    fields.isFree("origin", because: "it follows from the trained stage") {
      $0.origin = input("other")
    }
    let other = try #require(plan(sample).stage("test-A1B+")?.work as? EvaluateWork)
    fields.isFree("settings", because: "reports compare runs by it; it follows from the inputs") {
      $0.settings = other.settings
    }
    fields.isFree("variables", because: "names: what they stand for counts where it is used") {
      $0.variables = ["n": 3]
    }
    fields.check()
  }

  // MARK: - Trials

  private var trial: Trial {
    Trial(
      training: training, classes: ["cat", "dog"], subset: .validation, holdOut: holdOut,
      statistics: .measured, data: input("data"), trainingData: input("training data"),
      measuredImages: 20, designs: [entry([:])])
  }

  private func walkTrial<Work>(
    _ fields: inout FieldWalk<Work>, _ trial: WritableKeyPath<Work, Trial>
  ) {
    func change(_ field: String, _ change: @escaping (inout Trial) -> Void) {
      fields.decides("trial.\(field)") { change(&$0[keyPath: trial]) }
    }
    change("classes") { $0.classes = ["dog", "cat"] }
    change("subset") { $0.subset = .train }
    change("holdOut.amount.fraction") { $0.holdOut?.amount = .fraction(0.2) }
    change("holdOut.seed") { $0.holdOut?.seed = 6 }
    change("holdOut") { $0.holdOut = nil }
    change("statistics") { $0.statistics = .stored }
    change("data.role") { $0.data.role = "other" }
    change("data.fingerprint") { $0.data.fingerprint = Fingerprint(of: "other") }
    change("trainingData.role") { $0.trainingData?.role = "other" }
    change("trainingData.fingerprint") { $0.trainingData?.fingerprint = Fingerprint(of: "other") }
    for (field, change) in [
      ("data.stage", { $0.data.stage = "other" }),
      ("trainingData.stage", { $0.trainingData?.stage = "other" }),
      ("data.isAssumed", { $0.data.isAssumed = true }),
      ("trainingData.isAssumed", { $0.trainingData?.isAssumed = true }),
    ] as [(String, (inout Trial) -> Void)] {
      fields.isFree("trial.\(field)", because: "it does not say what the images are") {
        change(&$0[keyPath: trial])
      }
    }
    for (field, change) in [
      ("data.isAssumed", { $0.data.isAssumed = true }),
      ("trainingData.isAssumed", { $0.trainingData?.isAssumed = true }),
    ] as [(String, (inout Trial) -> Void)] {
      fields.isFree("trial.\(field)", because: "it says that the fingerprint may be another") {
        change(&$0[keyPath: trial])
      }
    }
    fields.isFree("trial.training", because: "it is the trained stage's, which is an input") {
      $0[keyPath: trial].training.seed = 9
    }
    fields.isFree(
      "trial.measuredImages", because: "it follows from data, classes, subset and hold-out"
    ) { $0[keyPath: trial].measuredImages = 19 }
    fields.isFree("trial.designs", because: "only reports say it") {
      $0[keyPath: trial].designs[0].depth = 1
    }
  }

  @Test func everyFieldOfAReset() {
    var fields = FieldWalk(
      ResetWork(
        trial: trial, targets: [.random], draws: 3, seed: 4, trained: input("network"),
        copied: input("source")))
    walkTrial(&fields, \.trial)
    fields.decides("targets") { $0.targets = [.initial, .random] }
    fields.decides("draws", \.draws, 4)
    fields.decides("seed", \.seed, 5)
    walk(&fields, "trained", \.trained)
    fields.decides("copied.role") { $0.copied?.role = "other" }
    fields.decides("copied.fingerprint") { $0.copied?.fingerprint = Fingerprint(of: "other") }
    fields.isFree("copied.stage", because: "a rename reruns nothing") { $0.copied?.stage = "other" }
    fields.isFree("copied.isAssumed", because: "it says that the fingerprint may be another") {
      $0.copied?.isAssumed = true
    }
    fields.check()
  }

  @Test func drawsOfInitialWeightsDecideNothing() {
    let work = ResetWork(
      trial: trial, targets: [.initial], draws: 3, seed: 0, trained: input("network"), copied: nil)
    var other = work
    (other.draws, other.seed) = (7, 5)
    #expect(DraftedStage("a", work).fingerprint == DraftedStage("a", other).fingerprint)
  }

  @Test func everyFieldOfABarrier() {
    var fields = FieldWalk(
      BarrierWork(trial: trial, points: 11, first: input("first"), second: input("second")))
    walkTrial(&fields, \.trial)
    fields.decides("points", \.points, 12)
    walk(&fields, "first", \.first)
    walk(&fields, "second", \.second)
    fields.check()
  }
}
