import Basics
import Definitions
import Engine
import Glibc
import SystemPackage
import Testing

/// The networks of pipelines/networks against torchvision's: Fixtures/torchvision_networks.py wrote what those make of
/// the same weights.
@Suite(.serialized) struct TorchvisionTests {
  static let names = [
    "alexnet", "vgg11", "vgg16-bn", "resnet18", "resnet34", "resnet50", "mobilenet-v2",
    "squeezenet1.1", "resnet20",
  ]

  private func fixture(_ name: String) throws -> Value {
    let path = FilePath(#filePath).removingLastComponent().appending(
      "Fixtures/torchvision_networks.json")
    return try #require(try Value(json: LocalFileSystem().read(path))[name])
  }

  private func network(_ name: String) throws -> NetworkDefinition {
    try StandardNetworks.withoutDropout(name, classes: 10)
  }

  private func doubles(_ value: Value?) throws -> [Double] {
    try #require(value?.asList).map { try #require($0.double) }
  }

  // MARK: - What the script draws

  private func salt(_ name: String) -> UInt32 {
    name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }

  private func number(_ position: Int, salt: UInt32) -> Double {
    var x = UInt32(truncatingIfNeeded: position) &+ salt &* 0x9E37_79B9
    x ^= x >> 16
    x &*= 0x85EB_CA6B
    x ^= x >> 13
    x &*= 0xC2B2_AE35
    x ^= x >> 16
    return Double(x >> 8) / 0x1p23 - 1
  }

  private func values(_ parameter: ParameterDefinition) -> [Float] {
    let salt = salt(parameter.name)
    let drawn = (0..<parameter.count).lazy.map { number($0, salt: salt) }
    if parameter.shape.count > 1 {
      let bound = (6 / Double(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
      let exponent = log2(bound).rounded(.toNearestOrEven)
      let scale = Double(sign: .plus, exponent: Int(exponent), significand: 1)
      return drawn.map { Float($0 * scale) }
    }
    if parameter.name.hasSuffix("weight") || parameter.name.hasSuffix("running_var") {
      return drawn.map { Float(1 + $0 / 2) }
    }
    return drawn.map { Float($0 / 8) }
  }

  private func weights(_ network: NetworkDefinition) throws -> Weights {
    Weights(
      try network.parameters().map {
        Tensor(name: $0.name, shape: $0.shape, values: values($0))
      })
  }

  /// With their channels last; the script's stand channels first.
  private func images(_ count: Int, _ shape: Shape) -> [Float] {
    let places = shape.height * shape.width
    return (0..<count * shape.count).map { index in
      let (image, rest) = index.quotientAndRemainder(dividingBy: shape.count)
      let (place, channel) = rest.quotientAndRemainder(dividingBy: shape.channels)
      return Float(2 * number(image * shape.count + channel * places + place, salt: 0))
    }
  }

  // MARK: - Tests

  @Test(arguments: names) func parametersHaveTorchvisionsNames(name: String) throws {
    let expected = try #require(try fixture(name)["parameters"]?.asMap).mapValues { shape in
      try #require(shape.asList).map { try #require($0.asInteger) }
    }
    let found = Dictionary(
      uniqueKeysWithValues: try network(name).parameters().map { ($0.name, $0.shape) })
    #expect(found == expected)
  }

  @Test(arguments: names) func scoresAgree(name: String) throws {
    let network = try network(name)
    let net = try Net(network, for: .inference, maximumBatch: 2, threads: 2)
    try net.load(weights(network))
    let scores = net.outputs(of: images(2, network.input))
    let error = relativeError(scores, try doubles(fixture(name)["scores"]))
    #expect(error < 1e-4, "off by \(error)")
  }

  @Test(arguments: ["resnet18", "mobilenet-v2"]) func aStepOfTrainingAgrees(name: String) throws {
    var network = try network(name)
    network.input = Shape(channels: 3, height: 64, width: 64)
    let solver = SolverDefinition(
      batch: 4, length: .iterations(1), rule: .momentum(0), decay: 0, rate: RateSchedule(start: 1))
    let treatments = network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let net = try Net(
      network, for: .training(treatments, solver, stream: RandomStream(seed: 0)), maximumBatch: 4,
      threads: 2)
    try net.load(weights(network))
    let step = try #require(try fixture(name)["step"])
    let result = net.step(
      images: images(4, network.input), labels: [1, 3, 5, 7], rate: 1, iteration: 0)
    let loss = try #require(step["loss"]?.double)
    #expect((result.loss - loss).magnitude / loss < 1e-4)
    let rates = Dictionary(
      uniqueKeysWithValues: try network.parameters().map { ($0.name, $0.rate) })
    try compare(net.state("momentum"), step["gradients"], tolerance: 5e-3) { rates[$0] ?? 1 }
    try compare(net.weights(), step["statistics"], tolerance: 1e-5) { _ in 1 }
  }

  /// Compares lengths, and products with a fixed vector, relative to the length.
  private func compare(
    _ found: Weights, _ expected: Value?, tolerance: Double, factor: (String) -> Double
  ) throws {
    for (name, measures) in try #require(expected?.asMap) {
      let values = try #require(found[name]?.values)
      let salt = salt(name) &+ 1
      var (squares, product) = (0.0, 0.0)
      for (index, value) in values.enumerated() {
        let value = Double(value) / factor(name)
        squares += value * value
        product += value * number(index, salt: salt)
      }
      let measures = try doubles(measures)
      // A shift that only a batch norm reads, as those of MobileNet's linear bottlenecks, has no gradient but rounding.
      let length = max(measures[0], 0.01)
      let errors = [
        (squares.squareRoot() - measures[0]).magnitude / length,
        (product - measures[1]).magnitude / length,
      ]
      #expect(errors.allSatisfy { $0 < tolerance }, "\(name): off by \(errors)")
    }
  }
}
