import Basics
import Definitions
import Engine
import SystemPackage
import Testing

/// A hundred steps of every update rule and recipe compared with PyTorch: Fixtures/pytorch_recipes.py trained the same
/// network in float64 and wrote the rates and the results.
@Suite struct PyTorchRecipeTests {
  static let network = NetworkDefinition(
    input: Shape(channels: 3, height: 4, width: 4),
    layers: [
      LayerDefinition(
        name: "conv1",
        operations: [
          .convolution(Convolution(filters: 4, kernel: 3, padding: 1)), .tanh,
          .averagePool(Pooling(kernel: 2, stride: 2)),
        ]),
      LayerDefinition(name: "fc2", operations: [.dense(Dense(units: .count(6))), .tanh]),
      LayerDefinition(name: "fc3", operations: [.dense(Dense(units: .count(3)))]),
    ])

  static let steps = 100
  static let batch = 8

  static func solver(
    _ rule: UpdateRule, _ start: Double, _ policy: RatePolicy = .fixed, decay: Double = 0
  ) -> SolverDefinition {
    SolverDefinition(
      batch: batch, length: .iterations(steps), rule: rule, decay: decay,
      rate: RateSchedule(start: start, policy: policy))
  }

  static let recipes: [String: SolverDefinition] = {
    let adam = UpdateRule.adam(.init(decouplesDecay: false))
    let adamW = UpdateRule.adam(.init(decouplesDecay: true))
    let descent = UpdateRule.pyTorch(momentum: 0.9, nesterov: false)
    var layerDecay = solver(adamW, 0.01, decay: 0.1)
    layerDecay.layerDecay = 0.5
    var clip = solver(descent, 0.05, decay: 0.01)
    clip.clip = 0.1
    var smoothing = solver(descent, 0.05)
    smoothing.labelSmoothing = 0.1
    var parts = solver(adamW, 0.01, decay: 0.1)
    parts.part = 2
    parts.clip = 0.2
    var source = solver(descent, 0.05, decay: 0.01)
    source.decayTowardSource = 0.5
    source.clip = 1
    var decoupled = solver(adamW, 0.01, decay: 0.1)
    decoupled.decayTowardSource = 2
    return [
      "sgd": solver(.momentum(0.9), 0.05, decay: 0.01),
      "nesterov": solver(.nesterov(0.9), 0.05, decay: 0.01),
      "pytorch-sgd": solver(
        descent, 0.05, .multistep(at: [.iterations(30), .iterations(60)], by: 0.5), decay: 0.01),
      "pytorch-nesterov": solver(
        .pyTorch(momentum: 0.9, nesterov: true), 0.05, .cosine(end: 0.001), decay: 0.01),
      "adam": solver(adam, 0.0004, .oneCycle(peak: 0.01, rise: 0.3, end: 0.0001), decay: 0.01),
      "adamw": solver(
        adamW, 0.01, .restarts(every: .iterations(20), by: 2, end: 0.0001), decay: 0.1),
      "layer-decay": layerDecay, "clip": clip, "label-smoothing": smoothing, "steps-of": parts,
      "toward-source": source, "toward-source-adamw": decoupled,
    ]
  }()

  private let fixture: Weights

  init() throws {
    let folder = FilePath(#filePath).removingLastComponent()
    fixture = try Weights(contentsOf: folder.appending("Fixtures/pytorch_recipes.safetensors"))
  }

  private func tensors(_ prefix: String) -> Weights {
    Weights(
      fixture.tensors.filter { $0.name.hasPrefix(prefix) }.map {
        Tensor(
          name: String($0.name.dropFirst(prefix.count)), shape: $0.shape, values: $0.values)
      })
  }

  private func trained(_ solver: SolverDefinition, threads: Int) throws -> Net {
    // Where nothing is pulled towards a source, verbs make no difference.
    let verbs: [LayerVerb] = [.fineTune, .fineTune, .initialize]
    let treatments = zip(PyTorchRecipeTests.network.layers, verbs).map {
      LayerTreatment(layer: $0.name, verb: $1)
    }
    let net = try Net(
      PyTorchRecipeTests.network,
      for: .training(treatments, solver, stream: RandomStream(seed: 0)),
      maximumBatch: solver.imagesAtOnce, threads: threads)
    try net.load(tensors("before."))
    net.holdSource()
    let batch = PyTorchRecipeTests.batch
    for step in 0..<PyTorchRecipeTests.steps {
      _ = net.step(
        images: someValues(batch * 48, seed: UInt64(step + 1)),
        labels: (0..<batch).map { Int32(($0 + step) % 3) },
        rate: solver.rate.rate(at: step, perEpoch: 10, length: PyTorchRecipeTests.steps),
        iteration: step)
    }
    return net
  }

  @Test(arguments: recipes.keys.sorted()) func aHundredStepsEndWherePyTorchEnds(
    recipe: String
  ) throws {
    let solver = try #require(PyTorchRecipeTests.recipes[recipe])
    let rates = (0..<PyTorchRecipeTests.steps).map {
      Float(solver.rate.rate(at: $0, perEpoch: 10, length: PyTorchRecipeTests.steps))
    }
    let expected = try #require(fixture["\(recipe)/rates"]).values
    #expect(relativeError(rates, expected.map(Double.init)) < 1e-6)

    let net = try trained(solver, threads: 1)
    var worst = 0.0
    for tensor in net.weights().tensors {
      let wanted = try #require(fixture["\(recipe)/\(tensor.name)"]).values.map(Double.init)
      worst = max(worst, relativeError(tensor.values, wanted))
    }
    #expect(worst < 1e-5, "\(recipe): \(worst)")
    #expect(try trained(solver, threads: 2).weights().hasSameBits(as: net.weights()))
  }

  /// The recipes differ from each other by far more than the tolerance.
  @Test func recipesDiffer() throws {
    let plain = try #require(fixture["sgd/fc2.weight"]).values.map(Double.init)
    for recipe in PyTorchRecipeTests.recipes.keys where !["sgd", "nesterov"].contains(recipe) {
      let other = try #require(fixture["\(recipe)/fc2.weight"]).values
      #expect(relativeError(other, plain) > 1e-3, "\(recipe)")
    }
  }
}
