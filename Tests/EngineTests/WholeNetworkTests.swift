import Basics
import Definitions
import Engine
import SystemPackage
import Testing

/// Complete training runs of the networks in pipelines/networks, compared with PyTorch: Fixtures/whole_networks.py
/// trained them from the same weights on the same images, in float64.
@Suite(.serialized) struct WholeNetworkTests {
  /// The script's output for one network.
  private struct Fixture {
    let losses: [Double]
    let gradientNorms: [Double]
    let scales: [Double]

    init(_ network: String) throws {
      let path = FilePath(#filePath).removingLastComponent().appending(
        "Fixtures/whole_networks.json")
      let entry = try Value(json: LocalFileSystem().read(path))[network]
      func numbers(_ key: String) throws -> [Double] {
        let list = try #require(entry?[key]?.asList)
        return try list.map { value in
          if case .number(let number) = value { return number }
          return Double(try #require(value.asInteger))
        }
      }
      losses = try numbers("losses")
      gradientNorms = try numbers("gradient-norms")
      scales = try numbers("scales")
    }
  }

  /// The script's `numbers`: in −1..<1, the same on both sides to the last bit.
  private func number(_ position: Int, salt: UInt32) -> Float {
    var x = UInt32(truncatingIfNeeded: position) &+ salt &* 0x9E37_79B9
    x ^= x >> 16
    x &*= 0x85EB_CA6B
    x ^= x >> 13
    x &*= 0xC2B2_AE35
    x ^= x >> 16
    return Float(Double(x >> 8) / 0x1p23 - 1)
  }

  private func weights(_ network: NetworkDefinition, scales: [Double]) throws -> Weights {
    Weights(
      try network.parameters().enumerated().map { salt, parameter in
        let scale = Float(scales[salt])
        return Tensor(
          name: parameter.name, shape: parameter.shape,
          values: (0..<parameter.count).map { number($0, salt: UInt32(salt + 1)) * scale })
      })
  }

  /// Images, channels last; the script's are channels first.
  private func images(_ shape: Shape, count: Int) -> [Float] {
    let places = shape.height * shape.width
    return (0..<count * shape.count).map { index in
      let (image, rest) = index.quotientAndRemainder(dividingBy: shape.count)
      let (place, channel) = rest.quotientAndRemainder(dividingBy: shape.channels)
      return number(image * shape.count + channel * places + place, salt: 0)
    }
  }

  /// Trains as the script did; compares every loss, and the norm of every first gradient, which the momentum contains
  /// after one step.
  private func check(
    _ name: String, _ network: NetworkDefinition, batch: Int, classes: Int
  ) throws {
    let fixture = try Fixture(name)
    let solver = SolverDefinition(
      batch: batch, length: .iterations(20), rule: .momentum(0.9), decay: 0.0005,
      rate: RateSchedule(start: 0.0001))
    let treatments = network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let net = try Net(
      network, for: .training(treatments, solver, stream: RandomStream(seed: 0)),
      maximumBatch: batch, threads: 2)
    let weights = try weights(network, scales: fixture.scales)
    try net.load(weights)
    let images = images(network.input, count: batch)
    let labels = (0..<batch).map { Int32(7 * $0 % classes) }
    for iteration in 0..<fixture.losses.count - 1 {
      let result = net.step(images: images, labels: labels, rate: 0.0001, iteration: iteration)
      expect(result.loss, fixture.losses[iteration], "loss at step \(iteration)")
      guard iteration == 0 else { continue }
      let decay = solver.decay
      for ((velocity, before), norm) in zip(
        zip(net.state("momentum").tensors, weights.tensors), fixture.gradientNorms)
      {
        let isBias = velocity.shape.count == 1
        let squares = zip(velocity.values, before.values).reduce(0.0) { sum, pair in
          let gradient = Double(pair.0) / (isBias ? 0.0002 : 0.0001)
          let own = gradient - (isBias ? 0 : decay * Double(pair.1))
          return sum + own * own
        }
        let error = (squares.squareRoot() - norm).magnitude / norm
        #expect(error < 1e-3, "gradient of \(velocity.name): off by \(error)")
      }
    }
    let final = net.evaluate(images: images, labels: labels)
    expect(
      final.losses.reduce(0, +) / Double(batch), fixture.losses[fixture.losses.count - 1],
      "loss at the end")
  }

  private func expect(_ loss: Double, _ reference: Double, _ what: String) {
    let error = (loss - reference).magnitude / reference
    #expect(error < 1e-4, "\(what): \(loss) against \(reference)")
  }

  @Test func twentyStepsOfSmall32AgreeWithPyTorch() throws {
    try check(
      "small32", StandardNetworks.withoutDropout("small32", classes: 10), batch: 128, classes: 10)
  }

  @Test func aStepOfCaffeNetAgreesWithPyTorch() throws {
    try check(
      "caffenet", StandardNetworks.withoutDropout("caffenet", classes: 1000), batch: 16,
      classes: 1000)
  }
}
