import Basics
import Definitions
import Engine
import Testing

@Suite struct NetTests {
  @Test func trainingFitsASmallBatch() throws {
    let net = try SmallNetwork.net()
    let images = SmallNetwork.images(12)
    let labels = SmallNetwork.labels(12)
    let start = net.evaluate(images: images, labels: labels)
    for iteration in 0..<60 {
      _ = net.step(images: images, labels: labels, rate: 0.05, iteration: iteration)
    }
    let end = net.evaluate(images: images, labels: labels)
    #expect(end.losses.reduce(0, +) < start.losses.reduce(0, +) / 4)
    #expect(end.correct(among: 1) > 9)
  }

  @Test func aMixtureOfOneClassIsThatClass() throws {
    let images = SmallNetwork.images(4)
    let labels = SmallNetwork.labels(4)
    func trained(_ targets: BatchTargets) throws -> (Weights, StepResult) {
      let net = try SmallNetwork.net()
      let result = net.step(images: images, targets: targets, rate: 0.05, iteration: 0)
      return (net.weights(), result)
    }
    let (plain, result) = try trained(BatchTargets(labels: labels))
    let others = Array(labels.reversed())
    let (whole, same) = try trained(
      BatchTargets(labels: labels, others: others, shares: [1, 1, 1, 1]))
    #expect(whole.hasSameBits(as: plain) && same == result)
    let (mixed, between) = try trained(
      BatchTargets(labels: labels, others: others, shares: [0.75, 0.5, 0.25, 1]))
    #expect(!mixed.hasSameBits(as: plain) && between.loss != result.loss)
  }

  @Test func emptyBatchChangesNothing() throws {
    let net = try SmallNetwork.net()
    let before = net.weights()
    #expect(net.step(images: [], labels: [], rate: 0.1, iteration: 0).correct == 0)
    #expect(net.outputs(of: []).isEmpty)
    #expect(net.weights().hasSameBits(as: before))
  }

  @Test func divergedScoresMakeTheLossNaN() throws {
    let net = try SmallNetwork.net()
    var images = SmallNetwork.images(2)
    images[0] = .nan
    let result = net.step(
      images: images, labels: SmallNetwork.labels(2), rate: 0.1, iteration: 0)
    #expect(!result.loss.isFinite)
  }

  @Test func weightsComeBackAsLoaded() throws {
    let weights = try SmallNetwork.weights()
    #expect(try SmallNetwork.net().weights().hasSameBits(as: weights))
  }

  @Test func missingAndMisshapenTensorsAreNamed() throws {
    let net = try SmallNetwork.net()
    let weights = try SmallNetwork.weights()
    let missing = Weights(weights.tensors.filter { $0.name != "conv2.bias" })
    #expect { try net.load(missing) } throws: { "\($0)".contains("no tensor 'conv2.bias'") }
    var misshapen = weights
    misshapen.set(Tensor(name: "fc4.bias", shape: [2], values: [0, 0]))
    #expect { try net.load(misshapen) } throws: {
      "\($0)".contains("'fc4.bias' has shape [2], but the network's has [3]")
    }
  }

  @Test func networkThatDoesNotFitIsRefused() {
    let network = NetworkDefinition(
      input: Shape(channels: 3, height: 2, width: 2),
      layers: [
        LayerDefinition(
          name: "conv1", operations: [.convolution(Convolution(filters: 1, kernel: 5))])
      ])
    #expect { try Net(network, for: .inference, maximumBatch: 1, threads: 1) } throws: {
      "\($0)".contains("layer 'conv1' does not fit")
    }
  }

  /// In-place layers after a tanh must not change the values that its gradient is computed from.
  @Test func dropoutAboveTanhKeepsItsGradient() throws {
    func network(_ between: [Operation]) -> NetworkDefinition {
      NetworkDefinition(
        input: Shape(units: 6),
        layers: [
          LayerDefinition(
            name: "a", operations: [.dense(Dense(units: .count(40))), .tanh] + between),
          LayerDefinition(name: "b", operations: [.dense(Dense(units: .count(2)))]),
        ])
    }
    // A probability of 2⁻⁴⁰ drops nothing and scales by 1: both networks compute the same.
    func gradient(_ between: [Operation]) throws -> Weights {
      let network = network(between)
      let solver = SolverDefinition(
        batch: 3, length: .iterations(1), rate: RateSchedule(start: 1))
      let stream = RandomStream(seed: 4)
      let net = try Net(
        network,
        for: .training(
          network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }, solver,
          stream: stream), maximumBatch: 3, threads: 1)
      try net.load(Weights.initial(for: network, stream: stream))
      _ = net.step(images: someValues(18), labels: [0, 1, 0], rate: 1, iteration: 0)
      return net.state("momentum")
    }
    #expect(try gradient([.dropout(0x1p-40)]).hasSameBits(as: gradient([])))
  }
}

@Suite struct BatchEvaluationTests {
  private let evaluation = BatchEvaluation(
    scores: [0.1, 0.7, 0.2, 5, 5, 1, .nan, 1, 0], losses: [0, 0, 0], labels: [2, 1, 1])

  @Test func rankCountsBetterScoresAndEarlierEqualOnes() {
    #expect(evaluation.rank(ofImage: 0) == 1)
    #expect(evaluation.rank(ofImage: 1) == 1)
  }

  @Test func correctCountsLabelsAmongTheBest() {
    #expect(evaluation.correct(among: 1) == 0)
    #expect(evaluation.correct(among: 2) == 2)
    #expect(evaluation.correct(among: 3) == 2)
    #expect(evaluation.prediction(ofImage: 1) == 0)
  }

  @Test func scoresThatAreNoNumbersAreNoPredictionAmongAnyNumberOfClasses() {
    #expect(evaluation.rank(ofImage: 2) > evaluation.classes)
    #expect(evaluation.correct(among: 5) == 2)
    #expect(evaluation.prediction(ofImage: 2) == nil)
    let infinite = BatchEvaluation(scores: [.infinity, 1], losses: [0], labels: [0])
    #expect(infinite.rank(ofImage: 0) == 0 && infinite.prediction(ofImage: 0) == 0)
  }
}
