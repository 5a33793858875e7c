import Basics
import Definitions
import Planning
import Testing

/// A pipeline whose first layer takes enough operations to be worth caching.
private let heavy = """
  cambium: 1
  name: heavy
  params: {epochs: 10, mirror: false, crop: center}
  datasets:
    photos: {source: photos.tar, augment: {mirror: "${mirror}", crop: "${crop}"}}
  networks:
    net:
      input: [3, 32, 32]
      layers:
        conv1: [conv: {filters: 64, kernel: 5, padding: 2}, relu, max-pool: {kernel: 2, stride: 2}]
        fc2: [dense: 10, relu, dropout: 0.5]
        fc3: [dense: classes]
  solvers: {sgd: {batch: 10, epochs: "${epochs}", rate: 0.1}}
  stages:
    base: {train: {network: net, on: photos, solver: sgd}}
    one: {transfer: {from: base, layers: {first 1: freeze, rest: initialize}, on: photos, solver: sgd}}
    two: {transfer: {from: base, layers: {first 2: freeze, rest: initialize}, on: photos, solver: sgd}}
    last: {transfer: {from: base, layers: {first 2: fine-tune, rest: freeze}, on: photos, solver: sgd}}
    all: {transfer: {from: base, layers: {first 3: freeze}, on: photos, solver: sgd}}
  """

@Suite struct PrefixReuseTests {
  private func reuse(
    _ stage: String, settings: [(key: String, value: String)] = [], text: String = heavy,
    budget: Int = ActivationPolicy.usual.budget
  ) throws -> PrefixReuse? {
    var text = text
    let defaults = ["epochs": "10", "mirror": "false", "crop": "center"]
    for (key, value) in settings {
      text = text.replacing("\(key): \(defaults[key]!)", with: "\(key): \(value)")
    }
    return try plan(text, activations: ActivationPolicy(budget: budget)).stage(stage)?.prefixReuse
  }

  @Test func activationsOfFrozenLayersAreComputedOnce() throws {
    let one = try #require(try reuse("one"))
    #expect(one.isUsed && one.prefix.operations == 3 && one.prefix.isWholeLayer)
    #expect(one.prefix.output == Shape(channels: 64, height: 16, width: 16))
    #expect(one.prefix.flops == 2 * 64 * 32 * 32 * 75)
    #expect("\(one)" == "activations after conv1 are cached")
    // Below the dropout.
    let two = try #require(try reuse("two"))
    #expect("\(two)" == "activations in fc2 are cached")
    #expect(try plan(heavy).text.contains("never run; activations after conv1 are cached"))
  }

  @Test func networksWithoutAFrozenBeginningHaveNone() throws {
    for stage in ["base", "last"] { #expect(try reuse(stage) == nil, "\(stage)") }
    // Nothing is left to train, unless some of it is random.
    #expect(try reuse("all", text: heavy.replacing(", dropout: 0.5", with: "")) == nil)
    #expect(try reuse("one", budget: 0) == nil)
    let cached = try plan(heavy, history: FakeHistory(after: plan(heavy)))
    #expect(cached.stages.allSatisfy { $0.prefixReuse == nil })
  }

  @Test func obstaclesAreTold() throws {
    #expect(
      try reuse("one", settings: [("mirror", "true")])?.obstacle == .augmentation(Mirror().effect))
    #expect(
      try reuse("one", settings: [("crop", "random")])?.obstacle
        == .augmentation(RandomCrop().effect))
    // 600 images of 64×16×16 floats.
    let bytes = 600 * 64 * 16 * 16 * 4
    #expect(try reuse("one", budget: bytes - 1)?.obstacle == .size(bytes))
    #expect(try reuse("one", budget: bytes)?.isUsed == true)
    // Images measured during training are cached as well.
    let measured = heavy.replacing(
      "on: photos, solver: sgd}",
      with: "on: photos, solver: sgd, validate: {every: 1 epochs, subset: test}}")
    let test = try #require(
      (try plan(measured).stage("one")?.work as? TrainWork)?.measuredImages)
    #expect(test > 0)
    let all = bytes + test * 64 * 16 * 16 * 4
    #expect(try reuse("one", text: measured, budget: all - 1)?.obstacle == .size(all))
    #expect(try reuse("one", text: measured, budget: all)?.isUsed == true)
    #expect(try reuse("one", settings: [("epochs", "1")])?.obstacle == .gain)
    let cheap = heavy.replacing(
      "filters: 64, kernel: 5, padding: 2", with: "filters: 64, kernel: 1")
    #expect(try reuse("one", text: cheap)?.obstacle == .gain)
    #expect(
      "\(try #require(try reuse("one", settings: [("mirror", "true")])))"
        == "activations after conv1 are not cached: images are mirrored")
  }

  /// A step that is not part of the program and unknown to it: its trait decides.
  private struct Noise: AugmentationStep {
    var traits: Traits
    static var keyword: String { "noise" }
    var setting: Value { true }
    var place: StepPlace { .pixels }
    var effect: AugmentationEffect {
      AugmentationEffect(name: "noise", clause: "noise is added")
    }
  }

  @Test func anyStepThatCannotBeRepeatedIsAnObstacle() throws {
    var work = try #require(try plan(heavy).stage("one")?.work as? TrainWork)
    func reuse(isRandom: Bool, scope: Traits.Scope) -> PrefixReuse? {
      let noise = Noise(traits: Traits(isRandom: isRandom, scope: scope))
      work.preprocessing = Preprocessing(augmentation: [noise])
      return PrefixReuse(work, .usual)
    }
    #expect(reuse(isRandom: false, scope: .image)?.isUsed == true)
    let random = try #require(reuse(isRandom: true, scope: .image))
    #expect(!random.isUsed)
    #expect("\(random)" == "activations after conv1 are not cached: noise is added")
    #expect(random.value["why-not"] == "noise")
    #expect(reuse(isRandom: false, scope: .batch)?.isUsed == false)
  }

  @Test func theStepsThatAreDoneAreNoGain() throws {
    let work = try #require(try plan(heavy).stage("one")?.work as? TrainWork)
    let perEpoch = work.solver.iterationsPerEpoch(images: work.trainingImages)
    let steps = work.solver.length.iterations(perEpoch: perEpoch)
    #expect(PrefixReuse(work, .usual)?.isUsed == true)
    #expect(PrefixReuse(work, .usual, after: 1)?.isUsed == true)
    #expect(PrefixReuse(work, .usual, after: steps - 1)?.obstacle == .gain)
  }

  @Test func theDecisionIsPartOfThePlanAndOfNoFingerprint() throws {
    let json = try plan(heavy).stage("one")?.value["activations"]
    #expect(json?["after"] == "conv1" && json?["once"] == true && json?["operations"] == 3)
    let other = try plan(heavy, activations: ActivationPolicy(budget: 0))
    #expect(try other.stages.map(\.fingerprint) == plan(heavy).stages.map(\.fingerprint))
  }
}
