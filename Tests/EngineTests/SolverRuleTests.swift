import Basics
import Definitions
import Engine
import Glibc
import Testing

/// A dense layer of one input and two units, small enough to step by hand.
@Suite struct SolverRuleTests {
  private let network = NetworkDefinition(
    input: Shape(units: 1),
    layers: [
      LayerDefinition(
        name: "fc",
        operations: [
          .dense(
            Dense(
              units: .count(2),
              parameters: ParameterSettings(
                weightRate: 1, weightDecay: 1, biasRate: 2, biasDecay: 0)))
        ])
    ])

  /// Two steps of Caffe's rule, in double precision.
  @Test func twoStepsByHand() throws {
    let solver = SolverDefinition(
      batch: 1, length: .iterations(2), rule: .momentum(0.5), decay: 0.1,
      rate: RateSchedule(start: 0.2))
    let treatment = LayerTreatment(layer: "fc", verb: .fineTune, rate: 3)
    let net = try Net(
      network, for: .training([treatment], solver, stream: RandomStream(seed: 1)),
      maximumBatch: 2, threads: 1)
    try net.load(
      Weights([
        Tensor(name: "fc.weight", shape: [2, 1], values: [1, -1]),
        Tensor(name: "fc.bias", shape: [2], values: [0.5, 0]),
      ]))

    var (w, b) = ([1.0, -1.0], [0.5, 0.0])
    var (wMomentum, bMomentum) = ([0.0, 0.0], [0.0, 0.0])
    let inputs = [2.0, -1.0]
    let labels = [0, 1]
    for (step, rate) in [0.2, 0.05].enumerated() {
      let result = net.step(
        images: [2, -1], labels: [0, 1], rate: rate, iteration: step)
      var loss = 0.0
      var (wGradient, bGradient) = ([0.0, 0.0], [0.0, 0.0])
      for (x, label) in zip(inputs, labels) {
        let terms = (0..<2).map { exp(w[$0] * x + b[$0]) }
        loss -= log(terms[label] / (terms[0] + terms[1])) / 2
        for unit in 0..<2 {
          let slope = (terms[unit] / (terms[0] + terms[1]) - (unit == label ? 1 : 0)) / 2
          wGradient[unit] += slope * x
          bGradient[unit] += slope
        }
      }
      for unit in 0..<2 {
        wMomentum[unit] = 0.5 * wMomentum[unit] + 3 * rate * (wGradient[unit] + 0.1 * w[unit])
        bMomentum[unit] = 0.5 * bMomentum[unit] + 6 * rate * bGradient[unit]
        w[unit] -= wMomentum[unit]
        b[unit] -= bMomentum[unit]
      }
      #expect((result.loss - loss).magnitude < 1e-6)
      #expect(result.correct == 2)
    }
    #expect(relativeError(net.weights()["fc.weight"]?.values ?? [], w) < 1e-6)
    #expect(relativeError(net.weights()["fc.bias"]?.values ?? [], b) < 1e-6)
    #expect(relativeError(net.state("momentum")["fc.weight"]?.values ?? [], wMomentum) < 1e-5)
    #expect(relativeError(net.state("momentum")["fc.bias"]?.values ?? [], bMomentum) < 1e-5)
  }
}
